/**
 * What happens when a device goes away in the middle of a conference, and when it comes back. Pure:
 * it says what is to be done; `Devices` does it.
 *
 * Another microphone is taken at once, because the turn must go on. Another camera is only offered:
 * it may look at somebody who does not expect it.
 */
import type { Kind } from './capture';
import type { Choice } from './deviceList';

/** What is said of a device that went away. */
export interface Loss {
  readonly state: LossState;
  readonly lost: Choice;
  /** `replaced`, `back`: in use instead. `offered`: can be taken. */
  readonly other: Choice | null;
}

export type LossState =
  /** There is no other. */
  | 'gone'
  /** Another is in use instead. */
  | 'replaced'
  /** Another can be taken. */
  | 'offered'
  /** Another is in use, and the lost one can be taken again. */
  | 'back'
  /** The lost one is in use again. */
  | 'returned';

/** What is to be done now. */
export type Step =
  | { do: 'nothing' }
  /** Open this one; what is said depends on what is got. */
  | { do: 'open'; id: string }
  | { do: 'say'; loss: Loss | null };

const NOTHING: Step = { do: 'nothing' };

/** A device in use ended. `there`: those of its kind that are listed now. */
export function onLost(kind: Kind, lost: Choice, there: readonly Choice[]): Step {
  // The system took it away and left it in the list: a phone that slept.
  if (has(there, lost.id)) return { do: 'open', id: lost.id };
  const [other] = there;
  if (other === undefined) return { do: 'say', loss: { state: 'gone', lost, other: null } };
  if (kind === 'audio') return { do: 'open', id: other.id };
  return { do: 'say', loss: { state: 'offered', lost, other } };
}

/** The list of devices changed while something was said. */
export function onListed(kind: Kind, loss: Loss, there: readonly Choice[]): Step {
  const { state, lost, other } = loss;
  const isBack = has(there, lost.id);
  switch (state) {
    case 'gone':
    case 'offered': {
      if (state === 'offered' && !isBack && other !== null && has(there, other.id)) return NOTHING;
      const step = onLost(kind, lost, there);
      const same = step.do === 'say' && step.loss?.state === state;
      return same && state === 'gone' ? NOTHING : step;
    }
    case 'replaced':
      return isBack ? { do: 'say', loss: { ...loss, state: 'back' } } : NOTHING;
    case 'back':
      return isBack ? NOTHING : { do: 'say', loss: { ...loss, state: 'replaced' } };
    case 'returned':
      return NOTHING;
  }
}

/** A device was opened in place of the lost one. */
export function onOpened(lost: Choice, got: Choice, said: Loss | null): Loss | null {
  // Windows' and Chromium's "default" is another device once the first is gone.
  const isSame = got.id === lost.id && got.label === lost.label;
  if (!isSame) return { state: 'replaced', lost, other: got };
  return said === null ? null : { state: 'returned', lost, other: null };
}

function has(there: readonly Choice[], id: string): boolean {
  return id !== '' && there.some((one) => one.id === id);
}
