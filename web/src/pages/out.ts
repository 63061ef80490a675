import type { EndCause } from '../lib/signal/socket';

/** Why the server keeps this device out of the conference. */
export type OutCause = Extract<EndCause, 'removed' | 'locked' | 'code-changed' | 'full'>;

/** Why somebody has to sign in again. */
export type SignInNote = 'expired' | 'code-changed';
