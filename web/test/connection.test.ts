import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ConnectionState, MediaConnection } from '../src/lib/media/connection';

class FakeTransceiver {
  readonly kind: string;
  readonly direction: string;
  mid: string | null = null;
  codecs: object[] = [];
  sent: unknown = null;
  readonly encodings: unknown;
  parameters: Record<string, unknown> = {};
  readonly sender = {
    replaceTrack: async (track: unknown) => void (this.sent = track),
    getParameters: () => ({ ...this.parameters }),
    setParameters: async (parameters: Record<string, unknown>) =>
      void (this.parameters = parameters),
  };
  readonly receiver: { track: { kind: string } };

  constructor(kind: string, direction: string, encodings: unknown) {
    this.encodings = encodings;
    this.kind = kind;
    this.direction = direction;
    this.receiver = { track: { kind } };
  }

  setCodecPreferences(codecs: object[]): void {
    this.codecs = codecs;
  }
}

class FakePeer extends EventTarget {
  static last: FakePeer;
  readonly transceivers: FakeTransceiver[] = [];
  iceConnectionState = 'new';
  connectionState = 'new';
  closed = false;
  static offer = 'the offer';
  /** It takes its offer only as it made it. */
  static isStrict = false;
  local = '';
  answer: unknown = null;

  constructor() {
    super();
    FakePeer.last = this;
  }

  addTransceiver(
    kind: string,
    { direction, sendEncodings }: { direction: string; sendEncodings?: unknown },
  ): FakeTransceiver {
    const transceiver = new FakeTransceiver(kind, direction, sendEncodings);
    this.transceivers.push(transceiver);
    return transceiver;
  }

  async createOffer() {
    return { type: 'offer', sdp: FakePeer.offer };
  }

  async setLocalDescription({ sdp }: { sdp: string }) {
    if (FakePeer.isStrict && sdp !== FakePeer.offer) throw new Error('InvalidModificationError');
    this.local = sdp;
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

const h264 = (mode: number, profile: string) => ({
  mimeType: 'video/H264',
  sdpFmtpLine: `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profile}`,
});
const named = (mimeType: string) => ({ mimeType });
const H264 = h264(1, '42e01f');
const codecs = {
  audio: ['audio/opus', 'audio/red', 'audio/PCMU'].map(named),
  video: [
    ...['video/VP8', 'video/rtx'].map(named),
    h264(1, '42001f'),
    H264,
    h264(0, '42e01f'),
    h264(1, '640c1f'),
    named('video/H264'),
    ...['video/AV1', 'video/red'].map(named),
  ],
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('RTCPeerConnection', FakePeer);
  vi.stubGlobal('MediaStream', FakeStream);
  vi.stubGlobal('navigator', { userAgent: 'Chrome/156.0.0.0 Safari/537.36' });
  vi.stubGlobal('RTCRtpReceiver', {
    getCapabilities: (kind: 'audio' | 'video') => ({ codecs: codecs[kind] }),
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  Object.assign(FakePeer, { offer: 'the offer', isStrict: false });
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

  it('has a screen behind the camera, and the presentation with its sound behind main', () => {
    new MediaConnection({ audio: 1, thumbnail: 2, presentation: true });
    const { transceivers } = FakePeer.last;
    expect(transceivers.map(({ kind, direction }) => `${kind} ${direction}`)).toEqual([
      'audio sendonly',
      'video sendonly',
      'video sendonly',
      'audio sendonly',
      'audio recvonly',
      'video recvonly',
      'video recvonly',
      'audio recvonly',
      'video recvonly',
      'video recvonly',
    ]);
    expect(transceivers[2]?.encodings).toEqual([{ maxBitrate: 1_000_000, maxFramerate: 5 }]);
  });

  it('names Opus, VP8 and its repair only; to receive, also the H.264 that everyone sends', () => {
    const { peer } = begin();
    const [microphone, camera, sound, , main] = peer.transceivers;
    expect(microphone?.codecs).toEqual([named('audio/opus')]);
    expect(sound?.codecs).toEqual([named('audio/opus')]);
    expect(camera?.codecs).toEqual([named('video/VP8'), named('video/rtx')]);
    expect(main?.codecs).toEqual([named('video/VP8'), named('video/rtx'), H264]);
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

  it('offers repair of sound, unless the browser insists on its own offer', async () => {
    const offer = 'a=rtpmap:111 opus/48000/2\r\n';
    for (const isStrict of [false, true]) {
      Object.assign(FakePeer, { offer, isStrict });
      const { connection, peer } = begin();
      const expected = isStrict ? offer : `${offer}a=rtcp-fb:111 nack\r\n`;
      await connection.join(async (sdp) => {
        expect(sdp).toBe(expected);
        return { sdp: 'the answer', slots: [...slots] };
      });
      expect(peer.local).toBe(expected);
    }
  });

  it('takes tracks before and after without another offer, and sends none before the answer', async () => {
    const { connection, peer } = begin();
    const [audio, other, video] = [{}, {}, {}] as [MediaStreamTrack, MediaStreamTrack, MediaStreamTrack];
    const sent = () => peer.transceivers.map((transceiver) => transceiver.sent).slice(0, 2);
    await connection.send({ audio, video });
    await connection.join(async () => {
      expect(sent()).toEqual([null, null]);
      return { sdp: 'the answer', slots: [...slots] };
    });
    expect(sent()).toEqual([audio, video]);
    await connection.send({ audio: other, video: null });
    expect(sent()).toEqual([other, null]);
  });
});

describe('a camera', () => {
  const answer = async () => ({ sdp: 'the answer', slots: [] });
  const tracks = (video: object | null) =>
    ({ video, audio: null }) as unknown as Parameters<MediaConnection['send']>[0];
  const hd = { getSettings: () => ({ width: 1280, height: 720 }) };

  function camera() {
    const { connection, peer } = begin();
    const transceiver = peer.transceivers[1]!;
    transceiver.parameters = { encodings: transceiver.encodings };
    const sends = () =>
      (transceiver.parameters['encodings'] as RTCRtpEncodingParameters[])
        .filter(({ active }) => active)
        .map(({ rid, scaleResolutionDownBy }) => `${rid}/${scaleResolutionDownBy}`);
    return { connection, transceiver, sends };
  }

  it('is offered in three layers, and sent in those that somebody watches', async () => {
    const { connection, transceiver, sends } = camera();
    expect(transceiver.encodings).toMatchObject([{ rid: 'q' }, { rid: 'h' }, { rid: 'f' }]);
    await connection.send(tracks(hd));
    expect(connection.answered).toBe(false);
    await connection.join(answer);
    expect(connection.answered).toBe(true);
    expect(sends()).toEqual(['q/4', 'h/2', 'f/1']);
    await connection.watched(['q']);
    expect(sends()).toEqual(['q/4']);
    await connection.watched(['q', 'f']);
    expect(sends()).toEqual(['q/4', 'f/1']);
  });

  it('is sent as it is until the browser says how large it is', async () => {
    const { connection, sends } = camera();
    let settings = {};
    await connection.send(tracks({ getSettings: () => settings }));
    await connection.join(answer);
    expect(sends()).toEqual(['q/1']);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sends()).toEqual(['q/1']);
    settings = { width: 640, height: 360 };
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sends()).toEqual(['q/2', 'h/1']);
  });

  it('is sent by a browser that takes no other layers', async () => {
    const { connection, transceiver } = camera();
    transceiver.sender.setParameters = async () => Promise.reject(new DOMException('', 'TypeError'));
    await connection.send(tracks(hd));
    await connection.join(answer);
    expect(transceiver.sent).toBe(hd);
  });
});

describe('a screen', () => {
  const answer = async () => ({ sdp: 'the answer', slots: [] });
  const tracks = (name: string) =>
    ({ video: { id: name }, audio: null }) as unknown as Parameters<MediaConnection['share']>[0];

  it('is shared, changed and ended without another offer, and keeps its size', async () => {
    const connection = new MediaConnection({ audio: 1, thumbnail: 0, presentation: true });
    const { transceivers } = FakePeer.last;
    await connection.share(tracks('before'));
    await connection.join(answer);
    expect(transceivers[2]?.sent).toEqual({ id: 'before' });
    expect(transceivers[2]?.parameters).toEqual({ degradationPreference: 'maintain-resolution' });
    await connection.share(tracks('other'));
    expect(transceivers[2]?.sent).toEqual({ id: 'other' });
    await connection.share({ video: null, audio: null });
    expect(transceivers[2]?.sent).toBeNull();
    expect(transceivers[1]?.sent).toBeNull();
  });

  it('is joined by a browser that cannot be told to keep its size', async () => {
    const connection = new MediaConnection({ audio: 1, thumbnail: 0, presentation: true });
    const [, , screen] = FakePeer.last.transceivers;
    screen!.sender.setParameters = async () => Promise.reject(new DOMException('', 'TypeError'));
    await connection.join(answer);
    FakePeer.last.becomes('connected', 'connected');
    expect(FakePeer.last.closed).toBe(false);
  });

  it('goes nowhere on a connection without one', async () => {
    const { connection, peer } = await joined();
    await connection.share(tracks('screen'));
    expect(peer.transceivers.every(({ sent }) => sent === null)).toBe(true);
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

  it('is not connected before its slots are known, however early the browser says so', async () => {
    const { connection, peer } = begin();
    peer.setRemoteDescription = async () => peer.becomes('connected', 'connected');
    const known: number[] = [];
    connection.onState = () => known.push(connection.slots.length);
    await connection.join(async () => ({ sdp: 'the answer', slots: [...slots] }));
    expect(known).toEqual([2]);
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
