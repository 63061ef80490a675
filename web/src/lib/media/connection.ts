/**
 * One RTCPeerConnection: one offer, one answer, and then only `replaceTrack`. What is where is told
 * by hints, so a change of speaker never comes back here.
 */
import type { Answer } from '../signal/protocol.gen';
import { arrivals, heard } from './flow';
import { offeredLayers, shapedLayers, sizeOf, type Watched } from './layers';
import { repairsSound, withNackOfSound } from './nack';
import type { Slot } from './slots';

/** How many sections of each kind the offer has. */
export interface SlotCounts {
  audio: number;
  thumbnail: number;
  /** A screen can be shared, and another's seen and heard; left out: no. */
  presentation?: boolean;
}

/** Tracks of this device; null where there is no device. */
export interface OwnTracks {
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
}

const NO_TRACKS: OwnTracks = { audio: null, video: null };

/** How a connection is; `connected`: media flows, and its slots are known. */
export type ConnectionState = 'joining' | 'connected' | 'dead';

/** ICE `disconnected` often heals by itself; after this long it has not. */
const HEALS_WITHIN = 3_000;
/** From the answer to `connected`. */
const CONNECTS_WITHIN = 10_000;
/** Some browsers say how large a picture is only when they have seen it: they are asked so often. */
const LOOKS_AGAIN = 500;
const LOOKS = 20;
/** Text is read, not watched: few pictures, each of them sharp. */
const SCREEN: RTCRtpEncodingParameters = { maxBitrate: 1_000_000, maxFramerate: 5 };

export class MediaConnection {
  readonly #pc: RTCPeerConnection;
  readonly #microphone: RTCRtpTransceiver;
  readonly #camera: RTCRtpTransceiver;
  readonly #screen: { video: RTCRtpTransceiver; audio: RTCRtpTransceiver } | null;
  /** Told of each change; whoever takes a prepared connection over sets its own. */
  onState: (state: ConnectionState) => void;
  /** The slots are known; nothing comes yet. */
  onSlots: () => void = () => undefined;
  readonly counts: SlotCounts;
  /** Begun at once: a browser needs about a tenth of a second for it. */
  readonly #offer: Promise<string>;
  /** What the browser knows of each kind; to ask it takes as long as to add a section. */
  readonly #codecs: Partial<Record<'audio' | 'video', RTCRtpCodec[]>> = {};
  #state: ConnectionState = 'joining';
  /** The answer is taken in. A busy browser tells of the connection before it gets that far. */
  #answered = false;
  #slots: Slot[] = [];
  #own: OwnTracks = NO_TRACKS;
  /** Of the screen. */
  #shared: OwnTracks = NO_TRACKS;
  /** What is in each section already: to put it there again takes the browser as long. */
  readonly #sent = new Map<RTCRtpTransceiver, MediaStreamTrack | null | undefined>();
  #watched: Watched = null;
  /** One change of the camera's encodings at a time. */
  #shaping: Promise<void> = Promise.resolve();
  #looking: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(counts: SlotCounts, onState: (state: ConnectionState) => void = () => undefined) {
    this.counts = counts;
    this.onState = onState;
    this.#pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' });
    const presents = counts.presentation ?? false;
    // The server tells sections apart by their order: first what is sent (microphone, camera, screen
    // and its sound), then the slots: audio, main, the presentation and its sound, thumbnails.
    this.#microphone = this.#add('audio');
    this.#camera = this.#add('video', offeredLayers());
    this.#screen = presents ? { video: this.#add('video', [SCREEN]), audio: this.#add('audio') } : null;
    for (let i = 0; i < counts.audio; i += 1) this.#receive('audio');
    this.#receive('video');
    if (presents) {
      this.#receive('video');
      this.#receive('audio');
    }
    for (let i = 0; i < counts.thumbnail; i += 1) this.#receive('video');
    this.#pc.addEventListener('iceconnectionstatechange', () => this.#watch());
    this.#pc.addEventListener('connectionstatechange', () => this.#watch());
    this.#offer = this.#makeOffer();
    // Whoever joins hears of a failure; a connection that never joins has none to tell.
    this.#offer.catch(() => undefined);
  }

  /** Empty until the server has answered. */
  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** Negotiates. Candidates are not waited for: the server learns them from the checks. */
  async join(ask: (sdp: string) => Promise<Answer>): Promise<void> {
    const answer = await ask(await this.#offer);
    if (this.#state === 'dead') return;
    const taken = this.#pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp ?? '' });
    // The browser needs a while to take the answer in, and the page to make ready for pictures: both
    // go on at once.
    const transceivers = this.#pc.getTransceivers();
    this.#slots = (answer.slots ?? []).flatMap((info) => {
      const track = transceivers.find(({ mid }) => mid === info.mid)?.receiver.track;
      return track === undefined ? [] : [{ ...info, track, stream: new MediaStream([track]) }];
    });
    this.onSlots();
    await taken;
    this.#answered = true;
    this.#expectWithin(CONNECTS_WITHIN);
    this.#watch();
    // Nobody waits for this.
    await Promise.all([this.#keepScreenSharp(), this.#sendOwn(), this.#shareScreen()]);
  }

  /** The server has answered: what it says from now on may be about this connection. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Sends these tracks from now on, or once it has joined; needs no negotiation. */
  async send(tracks: OwnTracks): Promise<void> {
    const isOther = this.#own.video !== tracks.video;
    this.#own = tracks;
    if (isOther) this.#look(LOOKS);
    await this.#sendOwn();
  }

  /** Sends these layers of the camera from now on. */
  watched(layers: Watched): Promise<void> {
    this.#watched = layers;
    return this.#shape();
  }

  /** Shares these tracks of a screen from now on, or once it has joined; needs no negotiation. */
  async share(tracks: OwnTracks): Promise<void> {
    this.#shared = tracks;
    await this.#shareScreen();
  }

  /** Goes up with every frame and packet of sound that arrives. */
  async arrivals(): Promise<number> {
    return arrivals(await this.stats());
  }

  /** Goes up with everything that comes in on the path in use, ICE's own answers included. */
  async heard(): Promise<number> {
    return heard(await this.stats());
  }

  stats(): Promise<RTCStatsReport> {
    return this.#pc.getStats();
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#looking);
    this.#state = 'dead';
    this.#pc.close();
  }

  async #makeOffer(): Promise<string> {
    const offer = await this.#pc.createOffer();
    const plain = offer.sdp ?? '';
    const sdp = repairsSound(navigator.userAgent) ? withNackOfSound(plain) : plain;
    try {
      await this.#pc.setLocalDescription({ type: 'offer', sdp });
      return sdp;
    } catch {
      // A browser that takes its offer as it made it, or not at all.
      await this.#pc.setLocalDescription(offer);
      return plain;
    }
  }

  /** Where the line is thin a screen moves less often; letters that are scaled cannot be read. */
  async #keepScreenSharp(): Promise<void> {
    const sender = this.#screen?.video.sender;
    if (sender === undefined) return;
    try {
      const parameters = sender.getParameters();
      parameters.degradationPreference = 'maintain-resolution';
      await sender.setParameters(parameters);
    } catch {
      // A browser that does not know it goes by the track's content hint.
    }
  }

  /** Looks again how large the camera's picture is, until the browser says it. */
  #look(times: number): void {
    clearTimeout(this.#looking);
    if (this.#own.video === null || sizeOf(this.#own.video) !== null || times === 0) return;
    this.#looking = setTimeout(() => {
      if (sizeOf(this.#own.video) === null) this.#look(times - 1);
      else void this.#shape();
    }, LOOKS_AGAIN);
  }

  /** Sends the camera in the layers that fit its size and that somebody watches. */
  #shape(): Promise<void> {
    this.#shaping = this.#shaping.then(() => this.#shapeNow());
    return this.#shaping;
  }

  async #shapeNow(): Promise<void> {
    if (this.#state === 'dead' || !this.#answered || this.#own.video === null) return;
    const { sender } = this.#camera;
    try {
      const parameters = sender.getParameters();
      parameters.encodings = shapedLayers(parameters.encodings ?? [], sizeOf(this.#own.video), this.#watched);
      await sender.setParameters(parameters);
    } catch {
      // A browser that takes no other layers goes on with those that it has.
    }
  }

  /**
   * Nothing is put into a section before the answer is taken in: the browser answers the page only when
   * it is done with what the first picture waits for, and the page would stand still until then.
   */
  async #sendOwn(): Promise<void> {
    if (!this.#answered) return;
    await Promise.all([
      this.#put(this.#microphone, this.#own.audio),
      this.#shape().then(() => this.#put(this.#camera, this.#own.video)),
    ]);
  }

  async #shareScreen(): Promise<void> {
    if (!this.#answered || this.#screen === null) return;
    await Promise.all([
      this.#put(this.#screen.video, this.#shared.video),
      this.#put(this.#screen.audio, this.#shared.audio),
    ]);
  }

  async #put(section: RTCRtpTransceiver, track: MediaStreamTrack | null): Promise<void> {
    const known = this.#sent.has(section) ? this.#sent.get(section) : null;
    if (known === track) return;
    this.#sent.set(section, track);
    try {
      await section.sender.replaceTrack(track);
    } catch {
      // It went away meanwhile, which its owner says. Whatever comes next is put in its place.
      if (this.#sent.get(section) === track) this.#sent.set(section, undefined);
    }
  }

  /** A section in which this device sends. */
  #add(kind: 'audio' | 'video', sendEncodings?: RTCRtpEncodingParameters[]): RTCRtpTransceiver {
    const encodings = sendEncodings === undefined ? {} : { sendEncodings };
    return this.#prefer(kind, this.#pc.addTransceiver(kind, { direction: 'sendonly', ...encodings }));
  }

  /** A slot. */
  #receive(kind: 'audio' | 'video'): void {
    this.#prefer(kind, this.#pc.addTransceiver(kind, { direction: 'recvonly' }));
  }

  #prefer(kind: 'audio' | 'video', transceiver: RTCRtpTransceiver): RTCRtpTransceiver {
    // An offer with every codec of the browser is three times as large.
    this.#codecs[kind] ??= RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
    const receives = transceiver.direction === 'recvonly';
    const kept = this.#codecs[kind].filter((codec) => isUsed(codec, receives));
    if (kept.length > 0) transceiver.setCodecPreferences(kept);
    return transceiver;
  }

  #watch(): void {
    if (this.#state === 'dead') return;
    const { iceConnectionState: ice, connectionState } = this.#pc;
    if (ice === 'failed' || ice === 'closed' || connectionState === 'failed') return this.#die();
    if (ice === 'disconnected') return this.#expectWithin(HEALS_WITHIN);
    if (connectionState !== 'connected' || !this.#answered) return;
    clearTimeout(this.#timer);
    if (this.#state === 'connected') return;
    this.#state = 'connected';
    this.onState('connected');
  }

  #expectWithin(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#die(), ms);
  }

  #die(): void {
    this.close();
    this.onState('dead');
  }
}

/** Everyone decodes VP8. Other clients may send H.264, in the profile and the mode of the web. */
function isUsed({ mimeType, sdpFmtpLine = '' }: RTCRtpCodec, receives: boolean): boolean {
  if (/^(audio\/opus|video\/(vp8|rtx))$/i.test(mimeType)) return true;
  const isCommon = /profile-level-id=42e0/i.test(sdpFmtpLine) && /packetization-mode=1/.test(sdpFmtpLine);
  return receives && isCommon && /^video\/h264$/i.test(mimeType);
}
