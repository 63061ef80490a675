import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { QualityMeter, type Scene } from '../src/lib/media/quality';
import { QualityWatch } from '../src/lib/media/qualityWatch';
import { Session } from '../src/lib/signal/session';
import type { PageQuality, SiteQuality } from '../src/lib/signal/protocol.gen';
import { FakeWorld, welcome } from './fixtures';

type Row = Record<string, unknown>;

function report(...rows: Row[]): RTCStatsReport {
  const entries = rows.map((row, i) => ({ id: String(i), ...row }) as Row & { id: string });
  return new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport;
}

const video = (mid: string, frames: number, frozen: [count: number, seconds: number] = [0, 0]) => ({
  type: 'inbound-rtp',
  kind: 'video',
  mid,
  framesDecoded: frames,
  totalDecodeTime: frames / 100,
  freezeCount: frozen[0],
  totalFreezesDuration: frozen[1],
});

const showing = (site: string | null) => ({ showing: site, awaiting: null });

function scene(second: number, change: Partial<Scene> = {}): Scene {
  return {
    now: second * 1_000,
    visible: true,
    slots: [
      { mid: '4', kind: 'main', track: { id: 'a' } },
      { mid: '5', kind: 'presentation', track: { id: 'b' } },
      { mid: '6', kind: 'thumbnail', track: { id: 'c' } },
      { mid: '7', kind: 'thumbnail', track: { id: 'd' } },
    ],
    pictures: new Map([
      ['4', showing('can-tho')],
      ['5', showing('ha-noi')],
      ['6', showing('nghe-an')],
      ['7', showing(null)],
    ]),
    camera: null,
    ...change,
  };
}

/** What is told of the main picture at each look after the first. */
function main(looks: readonly (readonly [Row, Partial<Scene>?])[]) {
  const meter = new QualityMeter();
  return looks
    .map(([row, change], i) => meter.look(report(row), scene(2 * i, change))?.main)
    .slice(1);
}

describe('a picture', () => {
  it('that moves is not frozen, and its frames are counted with the work that they made', () => {
    expect(main([[video('4', 100)], [video('4', 150)]])).toEqual([
      { freezes: 0, frozen_ms: 0, frames_decoded: 50, decode_ms: 500 },
    ]);
  });

  it('that stood still and moves again has the freezes that the browser counted', () => {
    const looks = main([[video('4', 100, [1, 0.5])], [video('4', 130, [3, 1.25])]]);
    expect(looks).toMatchObject([{ freezes: 2, frozen_ms: 750 }]);
  });

  it('that stands still is told while it does, and not once more when it is over', () => {
    const looks = main([
      [video('4', 100)],
      [video('4', 110)],
      [video('4', 110)],
      [video('4', 110)],
      // The freeze began 300 ms before the third look and ended 500 ms after the fourth.
      [video('4', 140, [1, 4.8])],
      [video('4', 190, [1, 4.8])],
    ]);
    expect(looks.map((look) => [look?.freezes, look?.frozen_ms])).toEqual([
      [0, 0],
      [1, 2_000],
      [0, 2_000],
      [0, 800],
      [0, 0],
    ]);
  });

  it('that the browser does not count freezes of is told while it stands still', () => {
    const bare = (frames: number) => ({
      type: 'inbound-rtp',
      kind: 'video',
      trackIdentifier: 'a',
      framesDecoded: frames,
    });
    expect(main([[bare(100)], [bare(100)], [bare(150)]])).toEqual([
      { freezes: 1, frozen_ms: 2_000, frames_decoded: 0, decode_ms: null },
      { freezes: 0, frozen_ms: 0, frames_decoded: 50, decode_ms: null },
    ]);
  });

  it('says nothing while there is a card, another source, or nobody who looks', () => {
    const to = (site: string | null) => ({ pictures: new Map([['4', showing(site)]]) });
    const looks = main([
      [video('4', 100)],
      [video('4', 100), to(null)],
      [video('4', 100)],
      [video('4', 100), to('nghe-an')],
      [video('4', 100), { visible: false }],
      [video('4', 100)],
      [video('4', 100)],
    ]);
    expect(looks.map((look) => look?.frozen_ms)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      2_000,
    ]);
  });

  it('that is awaited is not yet seen', () => {
    const awaiting = { site: 'can-tho', flowing: true, held: false, rtp: 1, since: 0, overdue: false };
    const pictures = new Map([['4', { showing: 'nghe-an', awaiting }]]);
    expect(main([[video('4', 1), { pictures }], [video('4', 1), { pictures }]])).toEqual([null]);
  });
});

it('tells of the small pictures the worst, and never of a screen that stands still', () => {
  const meter = new QualityMeter();
  const look = (second: number, small: number, other: number) => {
    const pictures = new Map([...scene(0).pictures, ['7', showing('da-nang')] as const]);
    const rows = [video('4', second * 25), video('5', 3), video('6', small), video('7', other)];
    return meter.look(report(...rows), scene(second, { pictures }));
  };
  look(0, 10, 10);
  const seen = look(2, 60, 10);
  expect(seen?.main?.frozen_ms).toBe(0);
  expect(seen?.small).toMatchObject({ freezes: 1, frozen_ms: 2_000 });
});

describe('sound', () => {
  const audio = (packets: number, samples: number, concealed: number, silent: number) => ({
    type: 'inbound-rtp',
    kind: 'audio',
    packetsReceived: packets,
    totalSamplesReceived: samples,
    concealedSamples: concealed,
    silentConcealedSamples: silent,
  });
  const share = (...looks: Row[]) => {
    const meter = new QualityMeter();
    return looks.map((row, i) => meter.look(report(row), scene(2 * i))?.concealed_permille).at(-1);
  };

  it('that was made up is told as its share, without what was silent anyhow', () => {
    expect(share(audio(100, 0, 0, 0), audio(190, 96_000, 12_600, 3_000))).toBe(100);
  });

  it('that does not come is no gap: nobody speaks', () => {
    expect(share(audio(100, 0, 0, 0), audio(100, 96_000, 96_000, 0))).toBeNull();
  });
});

describe('the own camera', () => {
  const source = { id: 's', type: 'media-source', trackIdentifier: 'cam', framesPerSecond: 24.6 };
  const layer = (qualityLimitationReason: string, more: Row = {}) => ({
    type: 'outbound-rtp',
    mediaSourceId: 's',
    qualityLimitationReason,
    ...more,
  });
  const camera = (...rows: Row[]) => {
    const meter = new QualityMeter();
    meter.look(report(...rows), scene(0, { camera: 'cam' }));
    return meter.look(report(...rows), scene(2, { camera: 'cam' }))?.camera;
  };

  it('is told with its frames and what limits it', () => {
    const expected = { frames_per_second: 25, limited_by: 'bandwidth' };
    expect(camera(source, layer('none'), layer('bandwidth'))).toEqual(expected);
  });

  it('is limited by no layer that is paused, and by no other source', () => {
    const other = layer('bandwidth', { mediaSourceId: 'screen' });
    const paused = layer('cpu', { active: false });
    expect(camera(source, other, paused, layer('none'))?.limited_by).toBe('none');
  });

  it('is not told where there is none', () => {
    expect(camera(layer('cpu'))).toBeNull();
  });
});

describe('a connection with many sections', () => {
  const sections = Array.from({ length: 60 }, (_, i) => ({ id: `t${i}`, type: 'transport' }));

  it('is unpacked whole now and then, and when other pictures are shown', () => {
    const meter = new QualityMeter();
    const whole: number[] = [];
    for (let look = 0; look < 12; look += 1) {
      const seen = report(...sections, { id: 'main', ...video('4', 50 * look) });
      const forEach = vi.spyOn(seen, 'forEach');
      const pictures = new Map(look < 6 ? [['4', showing('can-tho')]] : [['4', showing('can-tho')], ['6', showing('hue')]]);
      const told = meter.look(seen, scene(5 * look, { pictures }));
      if (look > 0) expect(told?.main?.frames_decoded).toBe(50);
      if (forEach.mock.calls.length > 0) whole.push(look);
    }
    expect(whole).toEqual([0, 4, 6, 10]);
  });
});

describe('the watch', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A connection whose picture shows so many frames more at each look. */
  const connect = (frames: number, ...more: number[]) => ({
    stats: vi.fn(async () => report(video('4', (frames += more.shift() ?? 50)))),
  });

  function begin() {
    const told: PageQuality[] = [];
    const world: { current: ReturnType<typeof connect> | null } = { current: null };
    const watch = new QualityWatch({
      connection: () => world.current,
      scene: () => scene(Date.now() / 1_000),
      tell: (quality) => void told.push(quality),
    });
    watch.start();
    return { told, world, watch };
  }

  it('looks once every five seconds, and begins anew with another connection', async () => {
    const { told, world, watch } = begin();
    const [first, second] = [connect(5_000), connect(0)];
    await vi.advanceTimersByTimeAsync(10_000);
    world.current = first;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(first.stats).toHaveBeenCalledTimes(3);
    expect(told.map(({ over_ms, main }) => [over_ms, main?.frames_decoded])).toEqual([[5_000, 50]]);
    world.current = second;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toHaveLength(2);
    watch.stop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells at once what people notice and when it is over, and rarely that all is well', async () => {
    const { told, world, watch } = begin();
    // Moves for four looks, stands still for two, moves for three.
    const still = [...Array<number>(4).fill(50), 0, 0];
    world.current = connect(0, ...still);
    await vi.advanceTimersByTimeAsync(9 * 5_000);
    expect(told.map(({ main }) => main?.frozen_ms)).toEqual([0, 0, 5_000, 5_000, 0, 0]);
    watch.stop();
  });

  it('is not ended by a connection that was closed while it looked', async () => {
    const told: PageQuality[] = [];
    const stats = vi.fn(async () => report(video('4', 1)));
    stats.mockRejectedValueOnce(new DOMException('closed', 'InvalidStateError'));
    const watch = new QualityWatch({
      connection: () => ({ stats }),
      scene: () => scene(0),
      tell: (quality) => void told.push(quality),
    });
    watch.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stats).toHaveBeenCalledTimes(2);
    watch.stop();
  });
});

describe('the session', () => {
  const weak = (site: string, grade: SiteQuality['grade'] = 'usable'): SiteQuality => ({
    site,
    grade,
    cause: grade === 'good' ? null : { code: 'loss-up', short: text('s'), message: text('m') },
  });
  const text = (one: string) => ({ vi: one, en: one });

  it('knows which lines are not good, and forgets them when they are', () => {
    const world = new FakeWorld();
    const session = new Session(world);
    session.start();
    world.last.says({ welcome: welcome(1) });
    world.last.says({ hint: 'quality', sites: [weak('can-tho'), weak('nghe-an', 'bad')] });
    world.last.says({ hint: 'quality', sites: [weak('can-tho', 'good')] });
    expect([...session.quality.get().keys()]).toEqual(['nghe-an']);
    world.last.breaks();
    session.retryNow();
    world.last.says({ welcome: welcome(1) });
    expect(session.quality.get().size).toBe(0);
  });

  it('tells what the page sees, and nobody while the link is lost', () => {
    const world = new FakeWorld();
    const session = new Session(world);
    session.start();
    const seen: PageQuality = {
      over_ms: 2_000,
      main: null,
      small: null,
      concealed_permille: null,
      camera: null,
    };
    session.reportQuality(seen);
    world.last.says({ welcome: welcome(1) });
    const reports = () => world.last.sent.filter(({ cmd }) => cmd === 'media.quality');
    expect(reports()).toEqual([]);
    session.reportQuality(seen);
    expect(reports()).toMatchObject([{ report: seen }]);
  });
});
