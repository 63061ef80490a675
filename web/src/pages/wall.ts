/** The wall screen's address: what it may say, and when the screen tries again by itself. */
import { Refused } from '../lib/signal/http';
import type { Language } from '../lib/i18n';

export const WALL_PATH = '/display';

/** What stands behind the path. */
export interface WallOptions {
  /** The conference is heard in its own room. */
  sound: boolean;
  /** Null: as it was chosen in this browser. */
  language: Language | null;
}

export function isWall(path: string): boolean {
  return path === WALL_PATH || path === `${WALL_PATH}/`;
}

/** Reads a URL's query: `?sound=1&lang=en`. */
export function wallOptions(query: string): WallOptions {
  const fields = new URLSearchParams(query);
  const language = fields.get('lang');
  return {
    sound: fields.get('sound') === '1',
    language: language === 'vi' || language === 'en' ? language : null,
  };
}

/** Between two attempts of a screen that nobody sits at; ms. */
const AGAIN = 5_000;

/**
 * When to sign in again by itself; null: never, since the code itself was refused, and every try
 * with a wrong code is counted as a guess.
 */
export function retryDelay(error: unknown): number | null {
  if (!(error instanceof Refused)) return AGAIN;
  if (error.retryAfter !== null) return Math.max(AGAIN, error.retryAfter * 1000);
  return error.status === 0 || error.status === 429 || error.status >= 500 ? AGAIN : null;
}
