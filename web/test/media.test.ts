import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Media } from '../src/lib/media/media';
import { ServerClock } from '../src/lib/signal/clock';
import { Session } from '../src/lib/signal/session';
import { FakeWorld, site, view, welcome } from './fixtures';

class FakePeer extends EventTarget {
  static made: FakePeer[] = [];
  readonly transceivers: { mid: string | null; direction: string; receiver: { track: object } }[] = [];
  iceConnectionState = 'new';
  connectionState = 'new';
  isClosed = false;
  /** Ends the browser's work on the answer. */
  takeIn: () => void = () => undefined;

  constructor() {
    super();
    FakePeer.made.push(this);
  }

  addTransceiver(kind: string, { direction }: { direction: string }) {
    const sender = {
      replaceTrack: async () => undefined,
      getParameters: () => ({}),
      setParameters: async () => undefined,
    };
    const transceiver = {
      mid: null,
      direction,
      sender,
      receiver: { track: { kind } },
      setCodecPreferences: () => undefined,
    };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  async createOffer() {
    return { type: 'offer', sdp: `offer ${FakePeer.made.indexOf(this)}` };
  }

  async setLocalDescription() {
    this.transceivers.forEach((transceiver, i) => (transceiver.mid = String(i)));
  }

  setRemoteDescription(): Promise<void> {
    return new Promise((resolve) => (this.takeIn = resolve));
  }

  getTransceivers() {
    return this.transceivers;
  }

  close() {
    this.isClosed = true;
  }

  connects(): void {
    this.iceConnectionState = 'connected';
    this.connectionState = 'connected';
    this.dispatchEvent(new Event('connectionstatechange'));
  }
}

const kept = new Map<string, string>();
const stops: (() => void)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  kept.clear();
  FakePeer.made = [];
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  };
  vi.stubGlobal('localStorage', storage);
  vi.stubGlobal('RTCPeerConnection', FakePeer);
  vi.stubGlobal('MediaStream', class {});
  vi.stubGlobal('navigator', { userAgent: 'Firefox/153.0' });
  vi.stubGlobal('RTCRtpReceiver', { getCapabilities: () => null });
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = () => vi.advanceTimersByTimeAsync(0);

async function begin() {
  const world = new FakeWorld();
  const session = new Session(world, new ServerClock());
  const media = new Media(session, false, null);
  stops.push(() => media.stop());
  session.start();
  media.start();
  await settle();
  const offers = () => world.last.sent.filter(({ cmd }) => cmd === 'media.join');
  return { world, session, media, offers };
}

const slots = [
  { mid: '8', kind: 'main', index: 0 },
  { mid: '11', kind: 'thumbnail', index: 0 },
] as const;
const answer = { sdp: 'the answer', slots: [...slots] };

it('joins before the welcome, once, and remembers what the conference needs', async () => {
  const { world, offers } = await begin();
  world.last.opens();
  expect(offers().map(({ sdp }) => sdp)).toEqual(['offer 0']);
  world.last.says({ welcome: welcome(1) });
  await settle();
  expect(offers()).toHaveLength(1);
  expect(FakePeer.made).toHaveLength(1);
  expect(kept.get('slot-counts')).toBe('4 1');
});

it('joins anew where the conference needs more than the last one did', async () => {
  kept.set('slot-counts', '4 0');
  const { world, offers } = await begin();
  world.last.opens();
  world.last.says({ welcome: welcome(1, { view: view({ sites: [1, 2, 3].map((n) => site(`s${n}`, '')) }) }) });
  await settle();
  expect(offers().map(({ sdp }) => sdp)).toEqual(['offer 0', 'offer 1']);
  expect(FakePeer.made.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  // The answer to the first comes late.
  world.last.says({ re: offers()[0]!.id, ok: answer });
  await settle();
  expect(FakePeer.made).toHaveLength(2);
});

it('joins at the welcome where the offer that went ahead was refused before it', async () => {
  const { world, media, offers } = await begin();
  world.last.opens();
  const message = { vi: 'Thao tác quá nhanh.', en: 'Too many requests.' };
  world.last.says({ re: offers()[0]!.id, error: { code: 'too-fast', message } });
  await settle();
  expect(media.status.get().state).toBe('connecting');
  world.last.says({ welcome: welcome(1) });
  await settle();
  expect(offers().map(({ sdp }) => sdp)).toEqual(['offer 0', 'offer 1']);
  expect(FakePeer.made.map(({ isClosed }) => isClosed)).toEqual([true, false]);
});

it('asks for nothing more where the conference is closed', async () => {
  const { world, media, offers } = await begin();
  world.last.opens();
  const { conference } = view();
  world.last.says({ welcome: welcome(1, { view: view({ conference: { ...conference, phase: 'closed' } }) }) });
  const message = { vi: 'Hội nghị đã bế mạc.', en: 'The conference is closed.' };
  world.last.says({ re: offers()[0]!.id, error: { code: 'conference-closed', message } });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(offers()).toHaveLength(1);
  expect(media.status.get().state).toBe('connecting');
});

it('joins at the welcome where the link was lost before', async () => {
  const { world, session, offers } = await begin();
  world.last.opens();
  world.last.breaks();
  await settle();
  session.retryNow();
  world.last.opens();
  expect(offers()).toEqual([]);
  world.last.says({ welcome: welcome(1) });
  await settle();
  expect(offers().map(({ sdp }) => sdp)).toEqual(['offer 1']);
});

it('makes ready for the main picture while the browser takes the answer in', async () => {
  const { world, media, offers } = await begin();
  world.last.opens();
  world.last.says({ welcome: welcome(1) });
  world.last.says({ re: offers()[0]!.id, ok: answer });
  await settle();
  const mids = () => media.slots.get().map(({ mid }) => mid);
  expect(media.begun.get()).toBe(true);
  expect(mids()).toEqual(['8']);
  const source = { mid: '8', kind: 'main', index: 0, site: 'ha-noi', flowing: true } as const;
  world.last.says({ hint: 'slots', slots: [source] });
  expect(media.pictures.get().get('8')?.awaiting?.site).toBe('ha-noi');
  expect(media.status.get().state).toBe('connecting');
  const [peer] = FakePeer.made;
  peer!.takeIn();
  await settle();
  peer!.connects();
  expect(media.status.get().state).toBe('connected');
  expect(mids()).toEqual(['8', '11']);
  // Those of another connection replace them only once it is connected.
  world.last.says({ hint: 'media', state: 'gone' });
  await settle();
  const again = { ...answer, slots: [{ ...slots[0], mid: '9' }] };
  world.last.says({ re: offers()[1]!.id, ok: again });
  await settle();
  expect(mids()).toEqual(['8', '11']);
  FakePeer.made[1]!.takeIn();
  await settle();
  FakePeer.made[1]!.connects();
  expect(mids()).toEqual(['9']);
});

it('has the page drawn without the answer where that does not come soon', async () => {
  const { world, media } = await begin();
  world.last.opens();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(media.begun.get()).toBe(false);
  world.last.says({ welcome: welcome(1) });
  expect(media.begun.get()).toBe(false);
  await vi.advanceTimersByTimeAsync(150);
  expect(media.begun.get()).toBe(true);
});

it('shows no slots of a connection that is refused', async () => {
  const { world, media, offers } = await begin();
  world.last.opens();
  world.last.says({ welcome: welcome(1) });
  FakePeer.made[0]!.setRemoteDescription = () => Promise.reject(new Error('no'));
  world.last.says({ re: offers()[0]!.id, ok: answer });
  await settle();
  expect(media.slots.get()).toEqual([]);
  expect(media.status.get().state).toBe('refused');
});

it('has the page drawn in a browser that makes no connections', async () => {
  vi.stubGlobal('RTCPeerConnection', undefined);
  const { world, media } = await begin();
  expect(media.status.get().state).toBe('refused');
  world.last.opens();
  world.last.says({ welcome: welcome(1) });
  await vi.advanceTimersByTimeAsync(150);
  expect(media.begun.get()).toBe(true);
});
