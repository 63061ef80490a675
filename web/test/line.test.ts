import { describe, expect, it } from 'vitest';
import { LineCheck, type LineConnection, type LineState, type LineWorld } from '../src/lib/line/lineCheck';
import { rateDown, rateUp } from '../src/lib/line/rate';
import { type LineSample, resultOf, sampleOf } from '../src/lib/line/stats';
import type { ConnectionState, OwnTracks } from '../src/lib/media/connection';
import type { Watched } from '../src/lib/media/layers';
import type { LineApi } from '../src/lib/signal/lineApi';
import { Refused } from '../src/lib/signal/http';
import type { LineResult, LineVerdict } from '../src/lib/signal/protocol.gen';
import { Value } from '../src/lib/value';

const report = (entries: object[]) =>
  new Map(entries.map((entry, i) => [String(i), { id: String(i), ...entry }])) as unknown as RTCStatsReport;

const CHROMIUM = [
  { id: 'T', type: 'transport', selectedCandidatePairId: 'P2' },
  { id: 'P1', type: 'candidate-pair', state: 'failed', localCandidateId: 'L1' },
  { id: 'P2', type: 'candidate-pair', state: 'succeeded', localCandidateId: 'L2', currentRoundTripTime: 0.012 },
  { id: 'L1', type: 'local-candidate', protocol: 'tcp' },
  { id: 'L2', type: 'local-candidate', protocol: 'udp' },
  { type: 'outbound-rtp', kind: 'audio', packetsSent: 300 },
  { type: 'outbound-rtp', kind: 'video', packetsSent: 700 },
  { type: 'remote-inbound-rtp', kind: 'audio', packetsLost: 3 },
  { type: 'remote-inbound-rtp', kind: 'video', packetsLost: 17 },
  { type: 'inbound-rtp', kind: 'video', packetsReceived: 650, packetsLost: 40, jitter: 0.03 },
  { type: 'inbound-rtp', kind: 'audio', packetsReceived: 300, packetsLost: 10, jitter: 0.004 },
  { type: 'inbound-rtp', kind: 'video', packetsReceived: 0, packetsLost: 0, jitter: 0 },
];

describe('a look at the statistics', () => {
  it('reads path, round trip, jitter of the sound, and losses both ways', () => {
    expect(sampleOf(report(CHROMIUM))).toEqual({
      transport: 'udp',
      rtt: 12,
      jitter: 4,
      sent: 1000,
      lostUp: 20,
      reported: true,
      received: 950,
      lostDown: 50,
    });
  });

  it('knows the pair in use where the browser names none, and TCP', () => {
    const sample = sampleOf(
      report([
        { type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'L' },
        { id: 'L', type: 'local-candidate', protocol: 'tcp' },
      ]),
    );
    expect(sample).toMatchObject({ transport: 'tcp', rtt: null, jitter: null, reported: false });
  });

  it('knows when there is no path', () => {
    expect(sampleOf(report([{ type: 'candidate-pair', state: 'failed' }])).transport).toBe('none');
  });
});

describe('the result', () => {
  const sample = (change: Partial<LineSample>): LineSample => ({
    ...sampleOf(report(CHROMIUM)),
    ...change,
  });
  const rates = { connectMs: 210.4, rateUp: 4000, rateDown: 9000 };

  it('takes shares from the last look and the middle of what swings', () => {
    const samples = [sample({ rtt: 90, lostUp: 0 }), sample({ rtt: 10 }), sample({ rtt: 12 })];
    expect(resultOf(samples, rates)).toEqual({
      transport: 'udp',
      connect_ms: 210,
      rtt_ms: 12,
      jitter_ms: 4,
      loss_up: 0.02,
      loss_down: 0.05,
      rate_up_kbps: 4000,
      rate_down_kbps: 9000,
    });
  });

  it('says null for what was not measured, never zero', () => {
    const silent = sample({ reported: false, sent: 0, received: 0, lostDown: 0, lostUp: 0, jitter: null });
    expect(resultOf([silent], rates)).toMatchObject({ loss_up: null, loss_down: null, jitter_ms: null });
    expect(resultOf([], { connectMs: null, rateUp: null, rateDown: null })).toEqual({
      transport: 'none',
      connect_ms: null,
      rtt_ms: null,
      jitter_ms: null,
      loss_up: null,
      loss_down: null,
      rate_up_kbps: null,
      rate_down_kbps: null,
    });
  });

  it('is a share also when packets came twice, or more were lost than sent', () => {
    expect(resultOf([sample({ lostUp: -3, lostDown: -1 })], rates)).toMatchObject({ loss_up: 0, loss_down: 0 });
    expect(resultOf([sample({ lostUp: 5000 })], rates).loss_up).toBe(1);
  });
});

/** A line that carries `perMs` bytes a millisecond; time is what the transfers take. */
function slow(perMs: number) {
  let time = 0;
  const asked: number[] = [];
  const api: Pick<LineApi, 'download' | 'upload'> = {
    async download(bytes) {
      asked.push(bytes);
      let left = bytes;
      return new ReadableStream({
        pull(controller) {
          if (left === 0) return controller.close();
          const piece = Math.min(left, 16_384);
          left -= piece;
          time += piece / perMs;
          controller.enqueue(new Uint8Array(piece));
        },
      }, { highWaterMark: 0 });
    },
    async upload(body) {
      asked.push(body.length);
      time += body.length / perMs;
      return { bytes: body.length, millis: body.length / perMs };
    },
  };
  return { api, now: () => time, asked };
}

describe('the rate', () => {
  const { signal } = new AbortController();
  it.each([
    ['a slow line, in one transfer', 64, [65_536]],
    ['a quick line, with growing ones', 100_000, [65_536, 524_288, 4_194_304]],
  ])('of %s', async (_, perMs, sizes) => {
    for (const measure of [rateDown, rateUp]) {
      const line = slow(perMs);
      expect(await measure(line.api, line.now, signal)).toBe(perMs * 8);
      expect(line.asked).toEqual(sizes);
    }
  });

  it('is not known when nothing comes', async () => {
    const api = { download: () => Promise.reject(new TypeError('refused')) };
    expect(await rateDown(api, () => 0, signal)).toBeNull();
    const broken = { upload: () => Promise.reject(new TypeError('refused')) };
    expect(await rateUp(broken, () => 0, signal)).toBeNull();
  });

  it('begins no transfer that would not end in time', async () => {
    // 64 KiB take 300 ms, so that 512 KiB take 2.4 s and 4 MiB would take 19 s.
    const line = slow(65_536 / 300);
    await rateUp(line.api, line.now, signal);
    expect(line.asked).toEqual([65_536, 524_288]);
  });
});

class FakeConnection implements LineConnection {
  onState: (state: ConnectionState) => void = () => undefined;
  closed = 0;
  readonly sent: OwnTracks[] = [];
  layers: Watched = null;
  readonly end: ConnectionState;
  constructor(end: ConnectionState) {
    this.end = end;
  }
  async join(ask: (sdp: string) => Promise<unknown>): Promise<void> {
    await ask('the offer');
    this.onState(this.end);
  }
  async send(tracks: OwnTracks): Promise<void> {
    this.sent.push(tracks);
  }
  async watched(layers: Watched): Promise<void> {
    this.layers = layers;
  }
  async stats() {
    return report(CHROMIUM);
  }
  close(): void {
    this.closed += 1;
  }
}

const VERDICT: LineVerdict = {
  verdict: 'usable',
  findings: [{ code: 'loss-down', message: { vi: 'Mất gói.', en: 'Loss.' } }],
};

function begin(end: ConnectionState = 'connected', refuse: unknown = null) {
  const calls: string[] = [];
  const results: LineResult[] = [];
  const connection = new FakeConnection(end);
  const quick = slow(1_000);
  const world: LineWorld = {
    api: {
      ...quick.api,
      async open(sdp) {
        if (refuse !== null) throw refuse;
        calls.push(`open ${sdp}`);
        return { check: 'c1', sdp: 'the answer', slots: [] };
      },
      async judge(check, result) {
        calls.push(`judge ${check}`);
        results.push(result);
        return VERDICT;
      },
      close: (check) => void calls.push(`close ${check}`),
    },
    connect: () => connection,
    now: quick.now,
    sleep: async () => undefined,
  };
  const check = new LineCheck(world);
  const states: LineState[] = [];
  check.state.subscribe((state) => states.push(state));
  const tracks = new Value<OwnTracks>({ audio: null, video: null });
  return { check, calls, results, connection, states, tracks, world };
}

describe('a line check', () => {
  it('sends, measures, asks for the verdict, and lets go of everything', async () => {
    const { check, calls, results, connection, states, tracks } = begin();
    await check.run(tracks);
    expect(calls).toEqual(['open the offer', 'judge c1', 'close c1']);
    expect(results[0]).toMatchObject({ transport: 'udp', loss_up: 0.02, rate_up_kbps: 8_000 });
    expect(states.at(-1)).toMatchObject({ state: 'judged', verdict: VERDICT });
    expect(connection.closed).toBe(1);
    expect(connection.layers).toBe('large and small');
    const done = states.flatMap((state) => (state.state === 'running' ? [state.done] : []));
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(Math.max(...done)).toBeLessThan(1);
  });

  it('sends another camera when it is chosen in the middle', async () => {
    const { check, connection, tracks, world } = begin();
    const video = { kind: 'video' } as MediaStreamTrack;
    const other = { audio: null, video };
    world.sleep = async () => tracks.set(other);
    await check.run(tracks);
    expect(connection.sent).toEqual([{ audio: null, video: null }, other]);
  });

  it('measures the rates and asks for a verdict also when no media path comes about', async () => {
    const { check, calls, results, tracks } = begin('dead');
    await check.run(tracks);
    expect(results[0]).toMatchObject({ transport: 'none', connect_ms: null, rate_down_kbps: 8_000 });
    expect(calls).toEqual(['open the offer', 'judge c1', 'close c1']);
  });

  it.each([
    ['waits for its turn while others measure', 2, 8_000],
    ['goes on without a rate when its turn never comes', 99, null],
  ])('%s', async (_, refusals, rate) => {
    const { check, results, states, tracks, world } = begin();
    let left = refusals;
    const { download } = world.api;
    world.api.download = (bytes, signal) => {
      const body = { code: 'too-fast', message: { vi: 'Đợi.', en: 'Wait.' } };
      if ((left -= 1) >= 0) return Promise.reject(new Refused(body, 429));
      return download(bytes, signal);
    };
    await check.run(tracks);
    expect(results[0]).toMatchObject({ rate_down_kbps: rate, rate_up_kbps: 8_000 });
    expect(states.at(-1)?.state).toBe('judged');
  });

  it('says why the server did not let it happen', async () => {
    const error = new Refused({ code: 'busy', message: { vi: 'Đang bận.', en: 'Busy.' } }, 503);
    const { check, states, connection, tracks } = begin('connected', error);
    await check.run(tracks);
    expect(states.at(-1)).toEqual({ state: 'failed', error });
    expect(connection.closed).toBe(1);
  });

  it('can be stopped in the middle: somebody enters the conference', async () => {
    const { check, calls, results, connection, states, tracks, world } = begin();
    world.sleep = async () => check.stop();
    await check.run(tracks);
    expect(states.at(-1)).toEqual({ state: 'idle' });
    expect([results, connection.closed]).toEqual([[], 1]);
    expect(calls).toEqual(['open the offer', 'close c1']);
  });

  it('can be repeated, also while it runs', async () => {
    const { check, calls, states, tracks } = begin();
    const first = check.run(tracks);
    await check.run(tracks);
    await first;
    expect(states.at(-1)?.state).toBe('judged');
    expect(calls.filter((call) => call.startsWith('judge'))).toHaveLength(1);
    expect(calls.filter((call) => call.startsWith('open'))).toHaveLength(
      calls.filter((call) => call.startsWith('close')).length,
    );
  });
});
