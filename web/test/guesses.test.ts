import { describe, expect, it } from 'vitest';
import { Guesses } from '../src/lib/signal/guesses';

const MINUTE = 60_000;

describe('the alarm of guessed codes', () => {
  it('tells the newest number of one site, and is over a minute after the last hint', () => {
    const guesses = new Guesses();
    expect(guesses.alarm(0)).toBeNull();
    guesses.hint('can-tho', 6, 0);
    guesses.hint('can-tho', 12, 10_000);
    expect(guesses.alarm(10_000)).toEqual({ site: 'can-tho', refused: 12, others: 0 });
    expect(guesses.alarm(10_000 + MINUTE - 1)).not.toBeNull();
    expect(guesses.alarm(10_000 + MINUTE)).toBeNull();
  });

  it('names the worst of several sites and counts the others', () => {
    const guesses = new Guesses();
    guesses.hint('can-tho', 6, 0);
    guesses.hint('ha-noi', 40, 0);
    guesses.hint('nghe-an', 7, 0);
    expect(guesses.alarm(1)).toEqual({ site: 'ha-noi', refused: 40, others: 2 });
  });

  it('that somebody has read stays quiet while the wave goes on', () => {
    const guesses = new Guesses();
    guesses.hint('can-tho', 6, 0);
    guesses.dismiss();
    for (let at = 0; at < 30 * MINUTE; at += MINUTE) {
      guesses.hint('can-tho', 20, at);
      expect(guesses.alarm(at)).toBeNull();
    }
  });

  it('tells a wave at another site, and the next wave after a quiet time', () => {
    const guesses = new Guesses();
    guesses.hint('can-tho', 6, 0);
    guesses.dismiss();
    guesses.hint('nghe-an', 5, 1);
    expect(guesses.alarm(1)).toEqual({ site: 'nghe-an', refused: 5, others: 0 });
    guesses.hint('can-tho', 6, 5 * MINUTE);
    expect(guesses.alarm(5 * MINUTE)?.site).toBe('can-tho');
  });

  it('forgets what it told when the link is lost, and not that it was read', () => {
    const guesses = new Guesses();
    guesses.hint('can-tho', 6, 0);
    guesses.dismiss();
    guesses.hint('nghe-an', 5, 0);
    guesses.forget();
    expect(guesses.alarm(1)).toBeNull();
    guesses.hint('can-tho', 9, 2);
    expect(guesses.alarm(2)).toBeNull();
  });
});
