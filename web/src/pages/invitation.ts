/** A link or QR that signs in: `/#site=can-tho&code=7K2M-9QXR`; without a code it names the site. */
export interface Invitation {
  site: string;
  /** Empty: to be typed. */
  code: string;
}

/** Reads a URL's fragment; null when it is no invitation. */
export function readInvitation(fragment: string): Invitation | null {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const site = fields.get('site') ?? '';
  return site === '' ? null : { site, code: fields.get('code') ?? '' };
}
