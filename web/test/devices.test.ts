import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { vi as vietnamese } from '../src/lib/i18n/vi';
import { faultOf } from '../src/lib/media/capture';
import { Devices, NONE } from '../src/lib/media/devices';
import { troubleOf } from '../src/lib/ui/deviceTrouble';

interface Plug {
  deviceId: string;
  kind: MediaDeviceKind;
  label: string;
}

class FakeTrack extends EventTarget {
  readonly kind: string;
  readonly label: string;
  readonly #id: string;
  readyState = 'live';
  constructor(plug: Plug) {
    super();
    this.kind = plug.kind === 'audioinput' ? 'audio' : 'video';
    this.label = plug.label;
    this.#id = plug.deviceId;
  }
  getSettings() {
    return { deviceId: this.#id };
  }
  stop() {
    this.readyState = 'ended';
  }
}

const camera: Plug = { deviceId: 'cam', kind: 'videoinput', label: 'Camera' };
const laptopCamera: Plug = { deviceId: 'cam2', kind: 'videoinput', label: 'Camera máy tính' };
const microphone: Plug = { deviceId: 'mic', kind: 'audioinput', label: 'Micrô' };
const laptop: Plug = { deviceId: 'mic2', kind: 'audioinput', label: 'Micrô máy tính' };

/** A machine whose plugs a test holds in its hand. */
class Machine extends EventTarget {
  plugs: Plug[] = [camera, microphone];
  fault: string | null = null;
  readonly asked: MediaStreamConstraints[] = [];
  readonly given: FakeTrack[] = [];

  async getUserMedia(wanted: MediaStreamConstraints) {
    this.asked.push(wanted);
    if (this.fault !== null) throw new DOMException('', this.fault);
    const tracks = (['audio', 'video'] as const).flatMap((kind) => {
      const one = wanted[kind] as MediaTrackConstraints | undefined;
      if (one === undefined) return [];
      const there = this.plugs.filter((plug) => plug.kind === `${kind}input`);
      const id = one.deviceId as { exact?: string; ideal?: string } | undefined;
      const found = there.find(({ deviceId }) => deviceId === (id?.exact ?? id?.ideal));
      const plug = found ?? (id?.exact === undefined ? there[0] : undefined);
      if (plug === undefined) throw new DOMException('', 'NotFoundError');
      return [new FakeTrack(plug)];
    });
    this.given.push(...tracks);
    return { getTracks: () => tracks };
  }

  async enumerateDevices() {
    return this.plugs;
  }

  unplug(plug: Plug): void {
    this.plugs = this.plugs.filter((one) => one !== plug);
    for (const track of this.given) {
      if (track.label !== plug.label || track.readyState === 'ended') continue;
      track.stop();
      track.dispatchEvent(new Event('ended'));
    }
    this.dispatchEvent(new Event('devicechange'));
  }

  plug(plug: Plug): void {
    this.plugs = [...this.plugs, plug];
    this.dispatchEvent(new Event('devicechange'));
  }

  get open(): string[] {
    return this.given.filter(({ readyState }) => readyState === 'live').map(({ label }) => label);
  }
}

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
  vi.stubGlobal('navigator', { mediaDevices: machine });
});
afterEach(() => void vi.unstubAllGlobals());

async function begin(memory?: Storage) {
  const devices = new Devices(memory ?? null);
  await devices.open();
  const used = () => ({
    audio: devices.tracks.get().audio?.label ?? null,
    video: devices.tracks.get().video?.label ?? null,
  });
  /** Everything that was set going has ended. */
  const settled = async () => {
    for (let i = 0; i < 30; i += 1) await Promise.resolve();
    await devices.open();
  };
  return { devices, used, settled };
}

function kept(entries: Record<string, string> = {}): Storage {
  const items = new Map(Object.entries(entries));
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  } as Storage;
}

describe('the devices', () => {
  it('are asked for at once, so that the browser asks once', async () => {
    const { used } = await begin();
    expect(used()).toEqual({ audio: 'Micrô', video: 'Camera' });
    expect(machine.asked).toHaveLength(1);
  });

  it('are the chosen ones, also in the page that follows', async () => {
    machine.plugs = [camera, laptopCamera, microphone];
    const memory = kept();
    const { devices } = await begin(memory);
    await devices.choose('video', 'cam2');
    expect(machine.open).toEqual(['Micrô', 'Camera máy tính']);
    const again = await begin(memory);
    expect(again.used().video).toBe('Camera máy tính');
  });

  it('are others when the chosen one is no longer there', async () => {
    const { used } = await begin(kept({ camera: 'sold' }));
    expect(used().video).toBe('Camera');
  });

  it('are not touched when a person wants none', async () => {
    const { devices, used } = await begin(kept({ camera: NONE }));
    expect(used()).toEqual({ audio: 'Micrô', video: null });
    expect(machine.asked[0]).not.toHaveProperty('video');
    expect(devices.faults.get().video).toBeNull();
    await devices.choose('audio', NONE);
    expect(machine.open).toEqual([]);
  });

  it('keep the one in use when another cannot be opened', async () => {
    const { devices, used } = await begin();
    await devices.choose('video', 'sold');
    expect(used().video).toBe('Camera');
    expect(machine.open).toContain('Camera');
  });

  it('say why one is missing, and take it when it is plugged in', async () => {
    machine.plugs = [microphone];
    const { devices, used, settled } = await begin();
    expect(devices.faults.get()).toEqual({ audio: null, video: 'missing' });
    machine.plug(camera);
    await settled();
    expect([used().video, devices.faults.get().video]).toEqual(['Camera', null]);
  });

  it('say so where the address is not secure', async () => {
    vi.stubGlobal('navigator', {});
    const { devices } = await begin();
    expect(devices.faults.get()).toEqual({ audio: 'insecure', video: 'insecure' });
  });

  it('let go of everything when they are closed, also of what comes late', async () => {
    const devices = new Devices();
    const opening = devices.open();
    devices.close();
    await opening;
    expect(machine.open).toEqual([]);
  });
});

describe('a device that is pulled out', () => {
  it('is replaced at once if it is a microphone, and offered when it is back', async () => {
    machine.plugs = [camera, microphone, laptop];
    const { devices, used, settled } = await begin();
    machine.unplug(microphone);
    await settled();
    expect(used()).toEqual({ audio: 'Micrô máy tính', video: 'Camera' });
    expect(devices.losses.get().audio?.state).toBe('replaced');
    machine.plug(microphone);
    await settled();
    expect(devices.losses.get().audio?.state).toBe('back');
    await devices.take('audio');
    expect([used().audio, devices.losses.get().audio]).toEqual(['Micrô', null]);
    expect(machine.open).toEqual(['Camera', 'Micrô']);
  });

  it('is offered another if it is a camera, and no other sees anybody before that', async () => {
    machine.plugs = [camera, laptopCamera, microphone];
    const { devices, used, settled } = await begin();
    machine.unplug(camera);
    await settled();
    expect(devices.losses.get().video).toMatchObject({
      state: 'offered',
      other: { label: 'Camera máy tính' },
    });
    await devices.open();
    expect([used().video, machine.open]).toEqual([null, ['Micrô']]);
    await devices.take('video');
    expect(used().video).toBe('Camera máy tính');
  });

  it('works again by itself when it is plugged in again', async () => {
    const { devices, used, settled } = await begin();
    machine.unplug(microphone);
    await settled();
    expect([used().audio, devices.losses.get().audio?.state]).toEqual([null, 'gone']);
    machine.plug(microphone);
    await settled();
    expect([used().audio, devices.losses.get().audio?.state]).toEqual(['Micrô', 'returned']);
  });

  it('is opened again without a word when only the system took it', async () => {
    const { devices, used, settled } = await begin();
    const [old] = machine.given.filter(({ kind }) => kind === 'audio');
    old?.stop();
    await devices.revive();
    await settled();
    expect([used().audio, devices.losses.get().audio]).toEqual(['Micrô', null]);
  });
});

describe('what stands in the way', () => {
  it.each([
    ['NotAllowedError', '', 'refused'],
    ['NotAllowedError', 'Permission denied by system', 'system'],
    ['NotFoundError', '', 'missing'],
    ['OverconstrainedError', '', 'missing'],
    ['NotReadableError', '', 'busy'],
    ['AbortError', '', 'busy'],
  ])('%s %s', (name, message, fault) => {
    expect(faultOf(new DOMException(message, name))).toBe(fault);
  });

  it.each([
    [null, null, null],
    ['refused', 'refused', 'refused'],
    ['missing', null, 'no-microphone'],
    [null, 'missing', 'no-camera'],
    [null, 'busy', 'no-camera'],
    ['missing', 'refused', 'refused'],
    ['insecure', 'insecure', 'insecure'],
  ] as const)('is said in words: microphone %s, camera %s', (audio, video, code) => {
    const trouble = troubleOf({ audio, video }, vietnamese);
    expect(trouble?.code ?? null).toBe(code);
    if (trouble !== null) expect([trouble.title, trouble.mend].every((words) => /\.$/.test(words))).toBe(true);
  });
});
