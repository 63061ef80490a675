/** What a chair does in a conference from opening to closing, and what the others see and hear of it. */
import { type Browser, expect } from '@playwright/test';
import { Agent } from './agent';
import type { ItemId } from '../../web/src/lib/signal/protocol.gen';
import { Server, template } from './server';
import { Seat } from './seat';
import { Place, SCREEN, type Site } from './sites';

export class Meeting {
  /** Those who sound in it. */
  readonly #sources: { id: string; tone: number }[];

  private constructor(
    readonly browser: Browser,
    readonly server: Server,
    /** The chair is the first. */
    readonly places: readonly Place[],
    readonly agents: readonly Agent[],
  ) {
    this.#sources = [
      ...places.map(({ site }) => site),
      ...agents.map(({ site, tone }) => ({ id: site, tone })),
      SCREEN,
    ];
  }

  /** From a template, with the chair's page first; `agents` are sites that have no person. */
  static async gather(
    browser: Browser,
    name: string,
    sites: readonly Site[],
    agents: readonly string[] = [],
  ): Promise<Meeting> {
    const server = await Server.start({}, () => template(name));
    const places: Place[] = [];
    const joined: Agent[] = [];
    try {
      for (const site of sites) places.push(await Place.open(browser, server, site));
      for (const site of agents) joined.push(Agent.join(server, site));
      const meeting = new Meeting(browser, server, places, joined);
      for (const id of [...sites.map(({ id }) => id), ...agents]) {
        await expect(meeting.chair.by(`link-${id}`)).toHaveAttribute('data-state', 'linked');
      }
      return meeting;
    } catch (error) {
      // Nobody else knows of it yet.
      await new Meeting(browser, server, places, joined).end();
      throw error;
    }
  }

  get chair(): Place {
    return this.places[0]!;
  }

  /** The pages of those who are no chair. */
  get others(): Place[] {
    return this.places.slice(1);
  }

  place(id: string): Place {
    const found = this.places.find(({ site }) => site.id === id);
    if (found === undefined) throw new Error(`nobody sits at ${id}`);
    return found;
  }

  async openSession(name: string): Promise<void> {
    await this.chair.by('session-name').fill(name);
    await this.chair.by('session-open').click();
    await expect(this.chair.by('session-button')).toBeVisible();
  }

  async closeSession(): Promise<void> {
    await this.chair.by('session-button').click();
    await this.chair.by('session-close').click();
    await this.chair.by('session-close-dialog-confirm').click();
    await expect(this.chair.by('session-button')).toBeHidden();
  }

  /** Ends it for good, between two sessions. */
  async closeConference(): Promise<void> {
    await this.chair.by('conference-close').click();
    await this.chair.by('conference-close-dialog-confirm').click();
    await Promise.all(this.places.map((place) => expect(place.by('closed')).toBeVisible()));
  }

  /** A site's page says how many are in its room; where an agent stands for it, a seat that leaves again. */
  async declare(id: string, present: number): Promise<void> {
    if (this.agents.some(({ site }) => site === id)) {
      const seat = await Seat.open(this.browser, this.server, id);
      await seat.say({ cmd: 'attendance.headcount', present });
      await seat.context.close();
      return;
    }
    const place = this.place(id);
    await place.by('headcount-input').fill(String(present));
    await place.by('headcount-submit').click();
    await expect(place.by('headcount-saved')).toContainText(String(present));
  }

  /** The chair begins an item, and everyone is at it. */
  async start(item: ItemId): Promise<void> {
    await this.chair.by('tab-agenda').click();
    await this.chair.by(`item-start-${item}`).click();
    await expect(this.chair.by(`item-${item}`)).toHaveAttribute('aria-current', 'step');
    const at = this.others.map((place) => place.by('agenda-current'));
    await Promise.all(at.map((line) => expect(line).toHaveAttribute('data-item', String(item))));
  }

  /**
   * One press gives the floor to whoever is next, which the desk has named before. A press is refused if a link came
   * or went just then, since somebody else might be next: the chair looks, and presses again.
   */
  async next(id: string): Promise<void> {
    const { chair } = this;
    const named = () => chair.by('next-name').getAttribute('data-site', { timeout: 1_000 });
    await expect(chair.by('next-name')).toHaveAttribute('data-site', id);
    await expect(async () => {
      if ((await named().catch(() => null)) === id) await chair.by('next-speaker').click();
      await expect(chair.by('turn-holder')).toHaveAttribute('data-site', id, { timeout: 10_000 });
    }).toPass();
    await this.expectHolder(id);
  }

  /** A site asks for the floor, and is in the queue. */
  async ask(id: string, kind: string, words: string): Promise<void> {
    const place = this.place(id);
    await place.by('kind-select').selectOption(kind);
    await place.by('words-input').fill(words);
    await place.by('request-button').click();
    await this.chair.by('tab-queue').click();
    await expect(this.chair.by(`queue-item-${id}`)).toContainText(words);
  }

  /** A line of text for every screen. */
  async announce(text: string): Promise<void> {
    await this.chair.by('announce').click();
    await this.chair.by('announce-text').fill(text);
    await this.chair.by('announce-show').click();
    await Promise.all(this.places.map((place) => expect(place.by('announcement')).toContainText(text)));
  }

  /** A site answers the one that speaks, beside it. */
  async answer(id: string): Promise<void> {
    await this.chair.by('answer').click();
    await this.chair.by(`answer-dialog-${id}`).click();
  }

  /** Shares a screen from a page that may; at the desk, from its panel. */
  async share(id: string): Promise<void> {
    const place = this.place(id);
    await place.by('present-ask').click();
    await place.by('present-start').click();
    await expect(place.by('present-stop')).toBeVisible();
  }

  /**
   * Everyone else sees `id` on the main picture, beside its screen if it shows one, and hears it and
   * nobody else; it hears nobody. A site in no browser shows its name instead of a code.
   */
  async expectHolder(id: string, { screen = false } = {}): Promise<void> {
    const inBrowser = this.places.some(({ site }) => site.id === id);
    await Promise.all(
      this.places.map(async (place) => {
        const message = `${place.site.id} while ${id} speaks`;
        const hears = () => place.readSound(this.#sources);
        if (place.site.id === id) return expect.poll(hears, { message }).toEqual([]);
        await expect(place.by('main-label'), message).toHaveAttribute('data-site', id);
        await expect(place.by('main-video'), message).toHaveAttribute('data-visible', 'true');
        const code = inBrowser ? id : null;
        await expect.poll(() => place.readPicture('main-video'), { message }).toBe(code);
        await expect.poll(hears, { message }).toEqual(screen ? [id, SCREEN.id] : [id]);
        if (screen) await this.#expectScreen(place, id);
        else await expect(place.by('presentation-video'), message).toHaveCount(0);
      }),
    );
  }

  /** Everyone hears both, and each of the two the other. */
  async expectDialogue(...ids: string[]): Promise<void> {
    await Promise.all(
      this.places.map((place) => {
        const others = this.#sources.map(({ id }) => id).filter((id) => ids.includes(id) && id !== place.site.id);
        const message = `${place.site.id} hears the dialogue`;
        return expect.poll(() => place.readSound(this.#sources), { message }).toEqual(others);
      }),
    );
  }

  async #expectScreen(place: Place, id: string): Promise<void> {
    const message = `${place.site.id} sees the screen of ${id}`;
    await expect(place.by('presentation-label'), message).toHaveAttribute('data-site', id);
    await expect.poll(() => place.readPicture('presentation-video'), { message }).toBe(`screen-${id}`);
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.places.map(({ context }) => context.close()));
    await Promise.allSettled(this.agents.map((agent) => agent.end()));
    await this.server.stop();
  }
}
