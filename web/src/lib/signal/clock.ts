/** Clocks of the page: they follow the server's, and never count by themselves. */
import type { Millis, Timestamp, TurnView } from './protocol.gen';

/**
 * The server's clock, from the last welcome on. It runs on a counter that does not jump when
 * somebody sets the machine's time.
 */
export class ServerClock {
  readonly #counter: () => number;
  #offset: number;

  /** `counter` gives milliseconds that only go up. */
  constructor(counter: () => number = () => performance.now(), start: Timestamp = Date.now()) {
    this.#counter = counter;
    this.#offset = start - counter();
  }

  /** The server says that it is `at` now. */
  set(at: Timestamp): void {
    this.#offset = at - this.#counter();
  }

  now(): Timestamp {
    return this.#offset + this.#counter();
  }
}

export type Urgency = 'calm' | 'soon' | 'urgent' | 'over';

/** A turn's clock at one moment. */
export interface TurnTime {
  /** Left of the budget; negative in overtime. */
  left: Millis;
  spoken: Millis;
  /** It stands still: the holder's link is lost, or its sound has not come yet. */
  standing: boolean;
  urgency: Urgency;
}

export function turnTime(turn: TurnView, now: Timestamp): TurnTime {
  const running = turn.running_since === null ? 0 : Math.max(0, now - turn.running_since);
  const spoken = turn.spoken + running;
  const left = turn.budget - spoken;
  return { left, spoken, standing: turn.running_since === null, urgency: urgencyOf(left) };
}

function urgencyOf(left: Millis): Urgency {
  if (left <= 0) return 'over';
  if (left <= 10_000) return 'urgent';
  return left <= 60_000 ? 'soon' : 'calm';
}

/**
 * A countdown as people read it: `04:59`, and `+00:07` in overtime. A second counts as left until
 * it is over, and as overtime only once it is over.
 */
export function formatCountdown(left: Millis): string {
  const seconds = left >= 0 ? Math.ceil(left / 1000) : Math.floor(-left / 1000);
  return `${left < 0 ? '+' : ''}${formatSeconds(seconds)}`;
}

/** A length of time: `02:31`, `1:02:31`. */
export function formatLength(length: Millis): string {
  return formatSeconds(Math.floor(Math.max(0, length) / 1000));
}

function formatSeconds(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

const HOUR: Intl.DateTimeFormatOptions = {
  timeZone: 'Asia/Ho_Chi_Minh',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
};
// To make one takes longer than all else on a page that shows the hour.
const hour = new Intl.DateTimeFormat('vi-VN', HOUR);
const hourWithSeconds = new Intl.DateTimeFormat('vi-VN', { ...HOUR, second: '2-digit' });

/** The hour of a moment on the wall of the conference room. */
export function formatHour(at: Timestamp, seconds = false): string {
  return (seconds ? hourWithSeconds : hour).format(at);
}
