import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Session } from '../src/lib/signal/session';
import type { SiteView } from '../src/lib/signal/protocol.gen';
import { levelOf } from '../src/lib/signal/view';
import { FakeWorld, resumed, site, view, welcome } from './fixtures';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const hanoi = site('ha-noi', 'Hà Nội');
const cantho = (heard: boolean): SiteView => ({ ...site('can-tho', 'Cần Thơ'), heard });

function begin(heard: boolean) {
  const world = new FakeWorld();
  const session = new Session(world);
  session.start();
  world.last.says({ welcome: welcome(1, { view: view({ sites: [hanoi, cantho(heard)] }) }) });
  const shown = () =>
    levelOf(session.view.get()!.sites.find(({ id }) => id === 'can-tho')!, session.levels.get());
  let seq = 1;
  const sites = (now: boolean) =>
    world.last.says({ ...resumed((seq += 1)), view: { sites: [hanoi, cantho(now)] } });
  const level = (value: number, isHeard: boolean) =>
    world.last.says({
      hint: 'levels',
      levels: [{ site: 'can-tho', level: value, heard: isHeard }],
    });
  return { shown, sites, level, world };
}

describe('the level of a site', () => {
  it('is shown while the site is heard', () => {
    const { shown, level } = begin(true);
    expect(shown()).toBe(0);
    level(40, true);
    expect(shown()).toBe(40);
  });

  it('falls to silence when the turn ends, and does not come back with the next turn', () => {
    const { shown, sites, level } = begin(true);
    level(40, true);
    sites(false);
    expect(shown()).toBe(0);
    sites(true);
    expect(shown()).toBe(0);
    level(30, true);
    expect(shown()).toBe(30);
  });

  it('is silence for an open microphone that nobody hears, also once it is heard', () => {
    const { shown, sites, level } = begin(false);
    level(70, false);
    expect(shown()).toBe(0);
    sites(true);
    expect(shown()).toBe(0);
  });

  it('falls to silence when the site stops sending, though others go on', () => {
    const { shown, level, world } = begin(true);
    level(40, true);
    vi.advanceTimersByTime(900);
    expect(shown()).toBe(40);
    world.last.says({ hint: 'levels', levels: [{ site: 'ha-noi', level: 20, heard: false }] });
    vi.advanceTimersByTime(400);
    expect(shown()).toBe(0);
  });

  it('stays while it is measured again and again', () => {
    const { shown, level } = begin(true);
    for (let i = 0; i < 20; i += 1) {
      level(40, true);
      vi.advanceTimersByTime(200);
    }
    expect(shown()).toBe(40);
  });
});
