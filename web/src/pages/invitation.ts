/** A link or QR that signs in: `/#site=can-tho&code=7K2M-9QXR`. */
export interface Invitation {
  site: string;
  code: string;
}

/** Reads a URL's fragment; null when it is no invitation. */
export function readInvitation(fragment: string): Invitation | null {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const site = fields.get('site');
  const code = fields.get('code');
  return site === null || code === null || site === '' || code === '' ? null : { site, code };
}
