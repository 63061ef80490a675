/** The devices of the conference, by the code with which they came in. */
import type { DeviceId, DeviceView, Role, SiteView, View } from '../signal/protocol.gen';

/** A (site, role): what a code belongs to, and who is in with it. */
export interface Seat {
  site: SiteView;
  role: Role;
  devices: DeviceView[];
}

const CENTRAL: readonly Role[] = ['chair', 'secretary', 'technician', 'site'];
const MEMBER: readonly Role[] = ['site'];

/** Not every site has these: their seats are there once somebody sits on one. */
const MORE: readonly Role[] = ['deputy', 'display'];

/** Every seat in the order of the sites, also those without a device. */
export function seatsOf(view: View): Seat[] {
  return view.sites.flatMap((site) => {
    const here = view.devices.filter((one) => one.site === site.id);
    const more = MORE.filter((role) => here.some((one) => one.role === role));
    return [...(site.kind === 'central' ? CENTRAL : MEMBER), ...more].map((role) => ({
      site,
      role,
      devices: here.filter((one) => one.role === role),
    }));
  });
}

/** What people call a device on the telephone: the last four characters of its id. */
export function deviceName(id: DeviceId): string {
  return id.slice(-4).toUpperCase();
}
