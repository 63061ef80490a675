/**
 * Sound that is lost on the way can be sent again, but a browser offers that only if its offer is
 * changed by hand: `a=rtcp-fb:<Opus> nack` is in none that `createOffer` makes.
 */

/** Firefox neither asks for sound again nor sends it again. */
export function repairsSound(userAgent: string): boolean {
  return !/\bFirefox\//.test(userAgent);
}

/** The offer of a browser that does both, in every section of sound. */
export function withNackOfSound(sdp: string): string {
  return sdp.replace(/^a=rtpmap:(\d+) opus\/48000\/2\r\n/gim, '$&a=rtcp-fb:$1 nack\r\n');
}
