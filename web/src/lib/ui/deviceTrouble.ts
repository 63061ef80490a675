/** What to say of the devices when something that is wanted is not there. */
import type { Catalogue, Words } from '../i18n/catalogue';
import type { Fault, Faults, Kind } from '../media/capture';

/** Both are missing for one reason, or there is one and not the other. */
export type DeviceTrouble = Exclude<Fault, 'insecure'> | 'no-microphone' | 'no-camera';

/** With two reasons, the one that a person can mend first. */
const ORDER = ['insecure', 'refused', 'system', 'busy', 'missing'] as const;
const ALONE: Record<Kind, DeviceTrouble> = { audio: 'no-microphone', video: 'no-camera' };

/** `code` is stable, for tests and styles. Null: all that is wanted is there. */
export function troubleOf(
  { audio, video }: Faults,
  t: Catalogue,
): (Words & { code: string }) | null {
  const fault = ORDER.find((one) => one === audio || one === video);
  if (fault === undefined) return null;
  if (fault === 'insecure') return { code: fault, ...t.devices.insecure(secureAddress()) };
  if (audio !== null && video !== null) return { code: fault, ...t.devices.troubles[fault] };
  const kind = audio === null ? 'video' : 'audio';
  const code = ALONE[kind];
  const words = fault === 'missing' ? t.devices.troubles[code] : t.devices.mends[kind][fault];
  return { code, ...words };
}

/** The same of one device, for somebody who sits before the list of devices. */
export function mendOf(kind: Kind, fault: Fault, t: Catalogue): Words {
  return fault === 'insecure' ? t.devices.insecure(secureAddress()) : t.devices.mends[kind][fault];
}

/** Where the server answers by https unless its configuration says otherwise. */
const HTTPS_PORT = 8443;

function secureAddress(): string {
  return `https://${globalThis.location?.hostname ?? ''}:${HTTPS_PORT}`;
}
