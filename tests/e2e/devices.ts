/**
 * A machine's camera, microphone and loudspeaker, drawn and played by the page itself: they can be
 * pulled out and plugged in again, refused, or held by another program.
 */

export interface Plug {
  id: string;
  kind: MediaDeviceKind;
  label: string;
}

/** What is there when the page is opened. */
export interface Equipped {
  plugs: Plug[];
  /** Name of the DOMException of every request for a device; null: they are given. */
  fault: string | null;
  /** An address without TLS on another machine: the browser has no devices at all. */
  insecure?: boolean;
}

export const CAMERA: Plug = { id: 'camera-1', kind: 'videoinput', label: 'Camera phòng họp' };
export const OTHER_CAMERA: Plug = { id: 'camera-2', kind: 'videoinput', label: 'Camera máy tính' };
export const MICROPHONE: Plug = { id: 'microphone-1', kind: 'audioinput', label: 'Micrô hội nghị' };
export const OTHER_MICROPHONE: Plug = { id: 'microphone-2', kind: 'audioinput', label: 'Micrô máy tính' };
export const SPEAKER: Plug = { id: 'speaker-1', kind: 'audiooutput', label: 'Loa phòng họp' };
export const OTHER_SPEAKER: Plug = { id: 'speaker-2', kind: 'audiooutput', label: 'Loa máy tính' };
export const PLUGGED_IN: Equipped = { plugs: [CAMERA, MICROPHONE, SPEAKER], fault: null };

declare global {
  interface Window {
    plugs: {
      plug(id: string): void;
      unplug(id: string): void;
      /** The system takes everything away and tells nobody, as from a phone in a pocket. */
      sleep(): void;
      fault: string | null;
      /** The microphone's own mute switch. */
      silence(silent: boolean): void;
      /** From now on the microphone says everything so much later; ms. */
      delay(late: number): void;
      /** Devices that are open now. */
      open(): string[];
    };
    forceMicrophone(): void;
    /** What the camera may be sent with now, in bit/s; 0 before it is sent. */
    cameraRate(): Promise<number>;
    /** All that the page has ever made, the newest last. */
    connections: RTCPeerConnection[];
  }
}

/**
 * What the drawn camera shows if it shows no room: a small QR code; the code in a large picture that moves
 * all over and needs all the rate that it can get; or a flash, with a beep, once a second.
 */
export type Scene = 'code' | 'film' | 'beat';

/** What the drawn camera shows: a room with its name if there is one, else its scene. */
export interface Devices {
  tone: number;
  colour: string;
  cells: boolean[][];
  room: string | null;
  scene: Scene;
  /** Frames a second. */
  rate: number;
  equipped: Equipped;
}

/** Replaces camera and microphone before the page's own script runs. */
export function drawnDevices({ tone, colour, cells, room, scene, rate, equipped }: Devices): void {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = scene === 'film' ? [960, 540] : [320, 180];
  if (room !== null) [canvas.width, canvas.height] = [1280, 720];
  const brush = canvas.getContext('2d')!;
  let frame = 0;
  let lit = false;
  const drawCode = (): void => {
    const size = Math.floor(172 / (cells.length + 4));
    brush.fillStyle = '#fff';
    brush.fillRect(4, 4, size * (cells.length + 4), size * (cells.length + 4));
    brush.fillStyle = '#000';
    cells.forEach((row, y) =>
      row.forEach((dark, x) => dark && brush.fillRect(4 + (x + 2) * size, 4 + (y + 2) * size, size, size)),
    );
    brush.fillStyle = '#fff';
    brush.fillRect(200 + (frame % 10) * 10, 160, 8, 8);
  };
  const drawRoom = (name: string): void => {
    const wall = brush.createLinearGradient(0, 0, 0, 720);
    wall.addColorStop(0, colour);
    wall.addColorStop(1, '#20242c');
    brush.fillStyle = wall;
    brush.fillRect(0, 0, 1280, 720);
    brush.fillStyle = '#ffffffe0';
    brush.font = '600 72px "Noto Sans", sans-serif';
    brush.textAlign = 'center';
    brush.fillText(name, 640, 150);
    for (const [at, height] of [[250, 0], [510, 24], [770, 10], [1030, -8]] as const) {
      const sway = Math.sin((frame + at) / 9) * 5;
      brush.fillStyle = '#171a20';
      brush.beginPath();
      brush.arc(at + sway, 380 - height, 62, 0, 7);
      brush.ellipse(at, 570 - height, 118, 130, 0, 0, 7);
      brush.fill();
    }
    brush.fillStyle = '#3a2a20';
    brush.fillRect(0, 570, 1280, 150);
  };
  // Soft spots of many colours: nothing of a picture is found again in the next.
  const spots = new OffscreenCanvas(40, 23);
  const drawFilm = (): void => {
    brush.drawImage(spots, -((frame * 397) % 640), -((frame * 227) % 360), 1600, 920);
    brush.save();
    brush.scale(3, 3);
    drawCode();
    brush.restore();
  };
  const draw = (): void => {
    frame += 1;
    brush.fillStyle = scene === 'beat' ? (lit ? '#fff' : '#000') : colour;
    brush.fillRect(0, 0, canvas.width, canvas.height);
    if (room !== null) drawRoom(room);
    else if (scene === 'film') drawFilm();
    else if (scene === 'code') drawCode();
  };
  if (scene === 'film') {
    const dots = new ImageData(spots.width, spots.height);
    dots.data.forEach((_, at) => (dots.data[at] = at % 4 === 3 ? 255 : Math.random() * 256));
    spots.getContext('2d')!.putImageData(dots, 0, 0);
  }
  draw();
  setInterval(draw, 1000 / rate);
  // A flash is captured when it is drawn.
  const picture = (scene === 'beat' ? canvas.captureStream() : canvas.captureStream(rate)).getVideoTracks()[0]!;

  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency: tone });
  const volume = new GainNode(context, { gain: 0.3 });
  const sound = context.createMediaStreamDestination();
  const delay = new DelayNode(context, { maxDelayTime: 1 });
  oscillator.connect(volume).connect(delay).connect(sound);
  oscillator.start();
  const light = (on: boolean): void => {
    lit = on;
    draw();
  };
  const beat = (): void => {
    // The sound is made ahead of time, and the flash is drawn when it is that time.
    const at = context.currentTime + 0.1;
    volume.gain.setValueAtTime(0.3, at).setValueAtTime(0, at + 0.1);
    const look = setInterval(() => {
      if (context.currentTime < at) return;
      clearInterval(look);
      light(true);
      setTimeout(() => light(false), 150);
    }, 2);
  };
  if (scene === 'beat') {
    volume.gain.value = 0;
    setInterval(beat, 1_000);
  }

  if (equipped.insecure === true) {
    Object.defineProperty(navigator, 'mediaDevices', { value: undefined });
    return;
  }
  const known = [...equipped.plugs];
  let plugs = [...equipped.plugs];
  const open: { id: string; track: MediaStreamTrack }[] = [];
  const changed = (): void => void navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  const isOpen = ({ track }: { track: MediaStreamTrack }): boolean => track.readyState === 'live';

  const give = (source: MediaStreamTrack, plug: Plug): MediaStreamTrack => {
    const track = source.clone();
    Object.defineProperty(track, 'label', { get: () => plug.label });
    // How large a picture is decides in how many sizes it is sent.
    const size = plug.kind === 'videoinput' ? { width: canvas.width, height: canvas.height } : {};
    track.getSettings = () => ({ deviceId: plug.id, ...size });
    open.push({ id: plug.id, track });
    return track;
  };
  const choose = (kind: MediaDeviceKind, wanted: boolean | MediaTrackConstraints): Plug => {
    const there = plugs.filter((plug) => plug.kind === kind);
    const wish = (wanted === true ? {} : (wanted as MediaTrackConstraints)).deviceId as
      | { exact?: string; ideal?: string }
      | undefined;
    const found = there.find(({ id }) => id === (wish?.exact ?? wish?.ideal));
    if (found !== undefined) return found;
    if (wish?.exact !== undefined) throw new DOMException('', 'OverconstrainedError');
    if (there[0] === undefined) throw new DOMException('', 'NotFoundError');
    return there[0];
  };
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (window.plugs.fault !== null) throw new DOMException('', window.plugs.fault);
    const video = wanted?.video ? choose('videoinput', wanted.video) : null;
    const audio = wanted?.audio ? choose('audioinput', wanted.audio) : null;
    await context.resume();
    const stream = new MediaStream();
    if (video !== null) stream.addTrack(give(picture, video));
    if (audio !== null) stream.addTrack(give(sound.stream.getAudioTracks()[0]!, audio));
    return stream;
  };
  navigator.mediaDevices.enumerateDevices = async () =>
    plugs.map(({ id, kind, label }) => ({ deviceId: id, kind, label, groupId: '', toJSON: () => ({}) }));
  const sinks = new WeakMap<HTMLMediaElement, string>();
  Object.defineProperty(HTMLMediaElement.prototype, 'sinkId', {
    get(this: HTMLMediaElement) {
      return sinks.get(this) ?? '';
    },
  });
  HTMLMediaElement.prototype.setSinkId = async function (id) {
    sinks.set(this, id);
  };
  window.plugs = {
    fault: equipped.fault,
    unplug(id) {
      plugs = plugs.filter((plug) => plug.id !== id);
      for (const one of open.filter((one) => one.id === id && isOpen(one))) {
        one.track.stop();
        // A page's own `stop` says nothing; a device that goes does.
        one.track.dispatchEvent(new Event('ended'));
      }
      changed();
    },
    plug(id) {
      plugs = known.filter((plug) => plug.id === id || plugs.includes(plug));
      changed();
    },
    sleep() {
      for (const { track } of open) track.stop();
    },
    silence(silent) {
      volume.gain.value = silent ? 0 : 0.3;
    },
    delay(late) {
      delay.delayTime.value = late / 1_000;
    },
    open: () => open.filter(isOpen).map(({ id }) => id),
  };
}

/** Keeps what a page connects and sends, before its own script runs. */
export function watchConnections(): void {
  // For the one who breaks in: every track that is sent can be forced on from outside.
  const senders: RTCRtpSender[] = [];
  window.connections = [];
  const addTransceiver = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (...args) {
    const transceiver = addTransceiver.apply(this, args);
    if (!window.connections.includes(this)) window.connections.push(this);
    senders.push(transceiver.sender);
    return transceiver;
  };
  window.cameraRate = async () => {
    const reports = await Promise.all(senders.map((sender) => sender.getStats()));
    const rates = reports.flatMap((report) => [...report.values()]).map(({ targetBitrate, kind }) => (kind === 'video' ? (targetBitrate ?? 0) : 0));
    return Math.max(0, ...rates);
  };
  Object.assign(window, {
    forceMicrophone: () => {
      for (const { track } of senders) {
        if (track?.kind !== 'audio') continue;
        // The same track may be sent by two: it is forced once.
        if (Object.hasOwn(track, 'enabled')) continue;
        Object.defineProperty(track, 'enabled', { get: () => true, set: () => undefined });
        const descriptor = Object.getOwnPropertyDescriptor(MediaStreamTrack.prototype, 'enabled');
        descriptor?.set?.call(track, true);
      }
    },
  });
}
