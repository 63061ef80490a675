import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ConnectionState, MediaConnection } from '../src/lib/media/connection';

class FakeTransceiver {
  readonly kind: string;
  readonly direction: string;
  mid: string | null = null;
  codecs: string[] = [];
  sent: unknown = null;
  readonly sender = { replaceTrack: async (track: unknown) => void (this.sent = track) };
  readonly receiver: { track: { kind: string } };

  constructor(kind: string, direction: string) {
    this.kind = kind;
    this.direction = direction;
    this.receiver = { track: { kind } };
  }

  setCodecPreferences(codecs: { mimeType: string }[]): void {
    this.codecs = codecs.map(({ mimeType }) => mimeType);
  }
}

class FakePeer extends EventTarget {
  static last: FakePeer;
  readonly transceivers: FakeTransceiver[] = [];
  iceConnectionState = 'new';
  connectionState = 'new';
  closed = false;
  answer: unknown = null;

  constructor() {
    super();
    FakePeer.last = this;
  }

  addTransceiver(kind: string, { direction }: { direction: string }): FakeTransceiver {
    const transceiver = new FakeTransceiver(kind, direction);
    this.transceivers.push(transceiver);
    return transceiver;
  }

  async createOffer() {
    return { type: 'offer', sdp: 'the offer' };
  }

  async setLocalDescription() {
    this.transceivers.forEach((transceiver, i) => (transceiver.mid = String(i)));
  }

  async setRemoteDescription(answer: unknown) {
    this.answer = answer;
  }

  getTransceivers() {
    return this.transceivers;
  }

  close() {
    this.closed = true;
  }

  becomes(ice: string, connection: string): void {
    this.iceConnectionState = ice;
    this.connectionState = connection;
    this.dispatchEvent(new Event('iceconnectionstatechange'));
    this.dispatchEvent(new Event('connectionstatechange'));
  }
}

class FakeStream {
  readonly tracks: unknown[];
  constructor(tracks: unknown[]) {
    this.tracks = tracks;
  }
}

const codecs = {
  audio: ['audio/opus', 'audio/red', 'audio/PCMU'],
  video: ['video/VP8', 'video/rtx', 'video/H264', 'video/AV1', 'video/red'],
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('RTCPeerConnection', FakePeer);
  vi.stubGlobal('MediaStream', FakeStream);
  vi.stubGlobal('RTCRtpReceiver', {
    getCapabilities: (kind: 'audio' | 'video') => ({
      codecs: codecs[kind].map((mimeType) => ({ mimeType })),
    }),
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function begin() {
  const states: ConnectionState[] = [];
  const connection = new MediaConnection({ audio: 2, thumbnail: 3 }, (state) => states.push(state));
  return { connection, states, peer: FakePeer.last };
}

const slots = [
  { mid: '3', kind: 'audio', index: 1 },
  { mid: '4', kind: 'main', index: 0 },
  { mid: '99', kind: 'thumbnail', index: 0 },
] as const;

async function joined() {
  const begun = begin();
  await begun.connection.join(async () => ({ sdp: 'the answer', slots: [...slots] }));
  return begun;
}

describe('the offer', () => {
  it('has its sections in the order by which the server tells slots apart', () => {
    const { peer } = begin();
    expect(peer.transceivers.map(({ kind, direction }) => `${kind} ${direction}`)).toEqual([
      'audio sendonly',
      'video sendonly',
      'audio recvonly',
      'audio recvonly',
      'video recvonly',
      'video recvonly',
      'video recvonly',
      'video recvonly',
    ]);
  });

  it('names Opus, VP8 and its repair only', () => {
    const { peer } = begin();
    const [microphone, camera] = peer.transceivers;
    expect(microphone?.codecs).toEqual(['audio/opus']);
    expect(camera?.codecs).toEqual(['video/VP8', 'video/rtx']);
  });
});

describe('a join', () => {
  it('sends the offer, takes the answer, and knows the slots by their MID', async () => {
    const { connection, peer } = begin();
    const asked: string[] = [];
    await connection.join(async (sdp) => {
      asked.push(sdp);
      return { sdp: 'the answer', slots: [...slots] };
    });
    expect(asked).toEqual(['the offer']);
    expect(peer.answer).toEqual({ type: 'answer', sdp: 'the answer' });
    expect(connection.slots.map(({ mid, kind, index }) => ({ mid, kind, index }))).toEqual(
      slots.slice(0, 2),
    );
    expect(connection.slots[1]?.track).toBe(peer.transceivers[4]?.receiver.track);
  });

  it('takes tracks before and after without another offer', async () => {
    const { connection, peer } = await joined();
    const audio = { kind: 'audio' } as MediaStreamTrack;
    await connection.send({ audio, video: null });
    expect(peer.transceivers.map(({ sent }) => sent).slice(0, 2)).toEqual([audio, null]);
  });
});

describe('the connection', () => {
  it('is connected once ICE and DTLS are done, and says so once', async () => {
    const { peer, states } = await joined();
    peer.becomes('connected', 'connecting');
    expect(states).toEqual([]);
    peer.becomes('connected', 'connected');
    peer.becomes('completed', 'connected');
    expect(states).toEqual(['connected']);
  });

  it('survives a short interruption', async () => {
    const { peer, states } = await joined();
    peer.becomes('connected', 'connected');
    peer.becomes('disconnected', 'disconnected');
    vi.advanceTimersByTime(2_900);
    peer.becomes('connected', 'connected');
    vi.advanceTimersByTime(60_000);
    expect(states).toEqual(['connected']);
    expect(peer.closed).toBe(false);
  });

  it('is dead after three seconds of it', async () => {
    const { peer, states } = await joined();
    peer.becomes('connected', 'connected');
    peer.becomes('disconnected', 'disconnected');
    vi.advanceTimersByTime(3_000);
    expect(states).toEqual(['connected', 'dead']);
    expect(peer.closed).toBe(true);
  });

  it.each([
    ['failed', 'failed'],
    ['connected', 'failed'],
  ])('is dead at once when ICE is %s and the whole is %s', async (ice, whole) => {
    const { peer, states } = await joined();
    peer.becomes(ice, whole);
    expect(states).toEqual(['dead']);
  });

  it('is dead when it never connects', async () => {
    const { states } = await joined();
    vi.advanceTimersByTime(10_000);
    expect(states).toEqual(['dead']);
  });

  it('says nothing more after it was closed', async () => {
    const { connection, peer, states } = await joined();
    connection.close();
    peer.becomes('failed', 'failed');
    vi.advanceTimersByTime(60_000);
    expect(states).toEqual([]);
  });
});
