import type { Component } from 'svelte';
import { render } from 'svelte/server';
import { expect, it } from 'vitest';
import type { Media } from '../src/lib/media/media';
import { Session } from '../src/lib/signal/session';
import type { LineGrade, LinkState, SiteQuality } from '../src/lib/signal/protocol.gen';
import { Value } from '../src/lib/value';
import SiteLine from '../src/lib/ui/host/SiteLine.svelte';
import OwnLine from '../src/lib/ui/OwnLine.svelte';
import { Room } from '../src/lib/ui/room';
import { FakeWorld, site, view, welcome } from './fixtures';
import InRoom from './InRoom.svelte';

const MEND = 'Đường truyền lên mất 8 % gói tin. Hãy dùng dây mạng thay Wi-Fi.';

function quality(grade: LineGrade): SiteQuality {
  const short = { vi: 'Gửi đi bị mất 8 %', en: 'Sending loses 8 %' };
  const message = { vi: MEND, en: 'Use the cable.' };
  const cause = { code: 'loss-up', short, message };
  return { site: 'can-tho', grade, cause: grade === 'good' ? null : cause };
}

/** What a page shows of Cần Thơ's line, as text without markup, and its markup. */
function shown(
  component: unknown,
  props: Record<string, unknown>,
  sites: SiteQuality[],
  hint: object | null = null,
) {
  const world = new FakeWorld();
  const session = new Session(world);
  session.start();
  world.last.says({ welcome: welcome(1) });
  world.last.says({ hint: 'quality', sites });
  if (hint !== null) world.last.says(hint as never);
  const media = { status: new Value({ state: 'connected' }), stop: () => undefined };
  const room = new Room(session, media as unknown as Media);
  const of = component as Component<Record<string, unknown>>;
  const { body } = render(InRoom, { props: { room, of, props } });
  room.stop();
  const text = body.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ').trim();
  return { body, text };
}

const tile = (link: LinkState = 'linked') => ({ site: { ...site('can-tho', 'Cần Thơ'), link } });

it('says at a site of the desk in few words what is wrong, and whole to whoever asks', () => {
  const { body, text } = shown(SiteLine, tile(), [quality('usable')]);
  const button = /<button[^>]*>([\s\S]*?)<\/button>/.exec(body);
  const name = button?.[1]?.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ').trim();
  expect(name, 'the accessible name is whole').toBe(`Gửi đi bị mất 8 %. ${MEND}`);
  expect(button?.[0]).toContain(`title="${MEND}"`);
  expect(text).toContain(MEND);
  expect(body).toContain('aria-expanded="false"');
});

it('shows a bad line with another shape than a weak one', () => {
  const full = (grade: LineGrade) =>
    shown(SiteLine, tile(), [quality(grade)]).body.match(/fill="currentcolor"/g)?.length;
  expect([full('usable'), full('bad')]).toEqual([2, 1]);
  expect(shown(SiteLine, tile(), [quality('bad')]).body).toContain('aria-label="Chất lượng kém"');
});

it('says nothing of a line that is good, or of a site that is not there', () => {
  expect(shown(SiteLine, tile(), [quality('good')]).text).toBe('');
  expect(shown(SiteLine, tile('dropped'), [quality('bad')]).text).toBe('');
});

const own = { view: { ...view(), me: { ...view().me, site: 'can-tho' } } };

it('tells a site what to do about its own line', () => {
  const { body, text } = shown(OwnLine, own, [quality('bad')]);
  expect(text).toBe(MEND);
  expect(body).toContain('role="status"');
});

it('leaves it to the banner when the server hears little of the media', () => {
  expect(shown(OwnLine, own, [quality('good')]).text).toBe('');
  const weak = { hint: 'media', state: 'weak' };
  expect(shown(OwnLine, own, [quality('bad')], weak).text).toBe('');
});
