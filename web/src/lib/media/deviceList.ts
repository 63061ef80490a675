/** The devices of this machine, as the browser lists them. */

export interface Choice {
  readonly id: string;
  /** As the system calls it; empty where the browser does not tell. */
  readonly label: string;
}

export interface Choices {
  readonly audio: readonly Choice[];
  readonly video: readonly Choice[];
  readonly speaker: readonly Choice[];
}

export const NO_CHOICES: Choices = { audio: [], video: [], speaker: [] };

/** Empty until the browser may use a device: until then it names none. */
export async function listDevices(): Promise<Choices> {
  const all = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
  const of = (kind: MediaDeviceKind): Choice[] =>
    all
      // Windows lists the device for calls a second time.
      .filter((one) => one.kind === kind && one.deviceId !== '' && one.deviceId !== 'communications')
      .map(({ deviceId, label }) => ({ id: deviceId, label }));
  return { audio: of('audioinput'), video: of('videoinput'), speaker: of('audiooutput') };
}

/** The device behind a track. */
export function deviceOf(track: MediaStreamTrack): Choice {
  return { id: track.getSettings?.().deviceId ?? '', label: track.label ?? '' };
}
