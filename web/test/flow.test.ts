import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { arrivals, type Flow, FlowWatch } from '../src/lib/media/flow';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function begin() {
  const world = { count: 0, grows: true };
  const source = setInterval(() => (world.count += world.grows ? 1 : 0), 100);
  const watch = new FlowWatch(async () => world.count);
  const said: Flow[] = [];
  watch.flow.subscribe((flow) => said.push(flow));
  watch.start();
  return { world, watch, said, end: () => clearInterval(source) };
}

describe('whether media flows', () => {
  it('is not said before it is known', async () => {
    const { said } = begin();
    await vi.advanceTimersByTimeAsync(800);
    expect(said).toEqual(['unknown']);
    await vi.advanceTimersByTimeAsync(200);
    expect(said).toEqual(['unknown', 'flowing']);
  });

  it('is not believed of what the buffers still held when the server went', async () => {
    const { world, said } = begin();
    await vi.advanceTimersByTimeAsync(500);
    world.grows = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(said).toEqual(['unknown', 'stopped']);
  });

  it('changes within a second of the stop, and back when it comes again', async () => {
    const { world, watch, said } = begin();
    await vi.advanceTimersByTimeAsync(5_000);
    world.grows = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(said).toEqual(['unknown', 'flowing', 'stopped']);
    world.grows = true;
    await vi.advanceTimersByTimeAsync(500);
    expect(watch.flow.get()).toBe('flowing');
  });

  it('is unknown again after stop, and nothing is measured any more', async () => {
    const { watch, said, end } = begin();
    await vi.advanceTimersByTimeAsync(2_000);
    watch.stop();
    end();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(said).toEqual(['unknown', 'flowing', 'unknown']);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('counts decoded frames and packets of sound that came in, and nothing else', () => {
  const report = new Map(
    [
      { type: 'inbound-rtp', kind: 'video', framesDecoded: 7, packetsReceived: 1_000 },
      { type: 'inbound-rtp', kind: 'video' },
      { type: 'inbound-rtp', kind: 'audio', packetsReceived: 50 },
      { type: 'outbound-rtp', kind: 'video', framesDecoded: 3, packetsReceived: 9 },
    ].map((entry, i) => [String(i), entry]),
  );
  expect(arrivals(report as unknown as RTCStatsReport)).toBe(57);
});
