import { describe, expect, it } from 'vitest';
import type { View } from '../src/lib/signal/protocol.gen';
import { faultOf, Presenter, presentingStep } from '../src/lib/ui/presenter';
import type { ScreenShare } from '../src/lib/ui/screenShare';
import { request, turn, view } from './fixtures';

/** A capture that a test holds in its hand. */
class FakeShare implements ScreenShare {
  sharing = false;
  onEnded: () => void = () => undefined;
  /** The person's answer to the browser's question; at once without one. */
  answer: Promise<void> = Promise.resolve();

  #run = 0;

  async start(): Promise<void> {
    const run = this.#run;
    await this.answer;
    this.sharing = run === this.#run;
  }

  stop(): void {
    this.#run += 1;
    this.sharing = false;
  }

  /** The browser's own button. */
  end(): void {
    this.sharing = false;
    this.onEnded();
  }
}

/** As the capture tells one. */
const refusal = (fault: string) => Object.assign(new Error('no screen'), { fault });

function presenter() {
  const share = new FakeShare();
  const released: number[] = [];
  return { share, released, one: new Presenter(share, (epoch) => released.push(epoch)) };
}

describe('a device that presents', () => {
  it('captures nothing without the floor', async () => {
    const { share, one } = presenter();
    await one.start();
    expect(share.sharing).toBe(false);
  });

  it('captures from the press of the button to the end of its turn', async () => {
    const { share, released, one } = presenter();
    one.setTurn(5);
    expect(share.sharing, 'a grant alone captures nothing').toBe(false);
    await one.start();
    expect([share.sharing, one.sharing.get()]).toEqual([true, 'on']);
    one.setTurn(null);
    expect([share.sharing, one.sharing.get()]).toEqual([false, 'off']);
    expect(released, 'a floor that was lost is not given back').toEqual([]);
  });

  it('gives the floor back when the person stops, on the page or in the browser', async () => {
    for (const way of ['page', 'browser'] as const) {
      const { share, released, one } = presenter();
      one.setTurn(5);
      await one.start();
      if (way === 'page') one.stop();
      else share.end();
      expect(share.sharing, way).toBe(false);
      expect(released, way).toEqual([5]);
    }
  });

  it('gives a floor back that it does not want', () => {
    const { released, one } = presenter();
    one.setTurn(5);
    one.stop();
    expect(released).toEqual([5]);
  });

  it('shows nothing when the floor is lost while the person chooses', async () => {
    const { share, released, one } = presenter();
    let choose = () => {};
    share.answer = new Promise((resolve) => (choose = resolve));
    one.setTurn(5);
    const started = one.start();
    one.setTurn(null);
    choose();
    await started;
    expect([share.sharing, one.sharing.get(), one.fault.get()]).toEqual([false, 'off', null]);
    expect(released).toEqual([]);
  });

  it('does not take an old choice for a new turn', async () => {
    const { share, one } = presenter();
    let choose = () => {};
    share.answer = new Promise((resolve) => (choose = resolve));
    one.setTurn(5);
    const started = one.start();
    one.setTurn(6);
    choose();
    await started;
    expect([share.sharing, one.sharing.get()]).toEqual([false, 'off']);
  });

  it('is off when the capture was stopped while the person chose', async () => {
    const { share, one } = presenter();
    let choose = () => {};
    share.answer = new Promise((resolve) => (choose = resolve));
    one.setTurn(5);
    const started = one.start();
    share.stop();
    choose();
    await started;
    expect([share.sharing, one.sharing.get()]).toEqual([false, 'off']);
  });

  it('says why it could not start, and may be tried again', async () => {
    const { share, released, one } = presenter();
    share.answer = Promise.reject(refusal('refused'));
    one.setTurn(5);
    await one.start();
    expect([one.sharing.get(), one.fault.get()]).toEqual(['off', 'refused']);
    expect(released, 'the floor is kept').toEqual([]);
    share.answer = Promise.resolve();
    await one.start();
    expect([one.sharing.get(), one.fault.get()]).toEqual(['on', null]);
  });

  it('ends with the page', async () => {
    const { share, released, one } = presenter();
    one.setTurn(5);
    await one.start();
    one.close();
    expect(share.sharing).toBe(false);
    expect(released).toEqual([]);
  });

  it('cannot where the browser captures no screen, and still gives the floor back', async () => {
    const released: number[] = [];
    const one = new Presenter(null, (epoch) => released.push(epoch));
    one.setTurn(5);
    await one.start();
    expect([one.able, one.sharing.get()]).toEqual([false, 'off']);
    one.stop();
    expect(released).toEqual([5]);
  });
});

it('tells a fault by its name, whatever else is thrown', () => {
  expect(faultOf(refusal('busy'))).toBe('busy');
  expect(faultOf(refusal('of a newer capture'))).toBe('other');
  expect(faultOf(new Error('x'))).toBe('other');
  expect(faultOf('x')).toBe('other');
});

describe('the way to presenting', () => {
  const presentation = (change: Partial<View['presentation']>, rest: Partial<View> = {}): View =>
    view({ ...rest, presentation: { ...view().presentation, ...change } });
  const step = (of: View) => presentingStep(of);

  it('is free, though another presents', () => {
    expect(step(presentation({}))).toEqual({ step: 'free' });
    expect(step(presentation({ turn: turn({ site: 'ha-noi', device: 'd9' }) }))).toEqual({ step: 'free' });
  });

  it('waits with a place', () => {
    const queue = [request(1, 'ha-noi', { place: 1 }), request(2, 'can-tho', { place: 2 })];
    expect(step(presentation({ queue }))).toEqual({ step: 'waiting', request: 2, place: 2 });
    const pending = [request(3, 'can-tho')];
    expect(step(presentation({ pending }))).toEqual({ step: 'waiting', request: 3, place: null });
  });

  it('is granted to one device of the site', () => {
    expect(step(presentation({ turn: turn({ epoch: 8, device: 'd1' }) }))).toEqual({ step: 'granted', epoch: 8 });
    expect(step(presentation({ turn: turn({ device: 'd2' }) }))).toEqual({ step: 'elsewhere' });
  });

  it('is locked for all but the chair’s own site', () => {
    expect(step(presentation({ locked: true }))).toEqual({ step: 'locked' });
    const me = { ...view().me, site: 'ha-noi' };
    expect(step(presentation({ locked: true }, { me }))).toEqual({ step: 'free' });
  });
});
