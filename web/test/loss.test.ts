import { describe, expect, it } from 'vitest';
import { type Loss, type LossState, onListed, onLost, onOpened, type Step } from '../src/lib/media/loss';

const mine = { id: 'a', label: 'Micrô hội nghị' };
const other = { id: 'b', label: 'Micrô máy tính' };
const third = { id: 'c', label: 'Tai nghe' };
const loss = (state: LossState, of: Loss['other'] = null): Loss => ({ state, lost: mine, other: of });
const say = (what: Loss | null): Step => ({ do: 'say', loss: what });
const NOTHING: Step = { do: 'nothing' };

describe('a device that ended', () => {
  it.each([
    ['is opened again when it is still listed: the system took it', 'audio', [mine, other], { do: 'open', id: 'a' }],
    ['the same for a camera', 'video', [mine], { do: 'open', id: 'a' }],
    ['is replaced by another microphone at once: the turn goes on', 'audio', [other], { do: 'open', id: 'b' }],
    ['is not replaced by another camera, which is only offered', 'video', [other], say(loss('offered', other))],
    ['is gone when there is no other', 'audio', [], say(loss('gone'))],
    ['is gone when there is no other camera', 'video', [], say(loss('gone'))],
  ] as const)('%s', (_, kind, there, step) => {
    expect(onLost(kind, mine, there)).toEqual(step);
  });

  it('is not taken for another of which the browser tells no id either', () => {
    const unnamed = { id: '', label: '' };
    expect(onLost('video', unnamed, [])).toEqual(say({ state: 'gone', lost: unnamed, other: null }));
  });
});

describe('when the list of devices changes, a device', () => {
  it.each([
    ['that is gone and still is', 'audio', loss('gone'), [], NOTHING],
    ['that is gone comes back', 'audio', loss('gone'), [mine], { do: 'open', id: 'a' }],
    ['that is gone is replaced by a new one', 'audio', loss('gone'), [other], { do: 'open', id: 'b' }],
    ['a camera that is gone: a new one is offered', 'video', loss('gone'), [other], say(loss('offered', other))],
    ['a camera comes back while another is offered', 'video', loss('offered', other), [mine, other], { do: 'open', id: 'a' }],
    ['the camera that was offered goes, too', 'video', loss('offered', other), [], say(loss('gone'))],
    ['another camera is there instead of the one offered', 'video', loss('offered', other), [third], say(loss('offered', third))],
    ['the offer stands', 'video', loss('offered', other), [other, third], NOTHING],
    ['the replaced one comes back: it is offered, not taken', 'audio', loss('replaced', other), [mine, other], say(loss('back', other))],
    ['and goes again', 'audio', loss('back', other), [other], say(loss('replaced', other))],
    ['the replaced one stays away', 'audio', loss('replaced', other), [other], NOTHING],
  ] as const)('%s', (_, kind, now, there, step) => {
    expect(onListed(kind, now, there)).toEqual(step);
  });
});

describe('a device that was opened instead', () => {
  it('is said when it is another one', () => {
    expect(onOpened(mine, other, null)).toEqual(loss('replaced', other));
  });
  it('is said when "default" now means another one', () => {
    const was = { id: 'default', label: 'Default - A' };
    const is = { id: 'default', label: 'Default - B' };
    expect(onOpened(was, is, null)?.state).toBe('replaced');
  });
  it('needs no word when the same is back before anybody was told', () => {
    expect(onOpened(mine, mine, null)).toBeNull();
  });
  it('is good news when the same is back after somebody was told', () => {
    expect(onOpened(mine, mine, loss('gone'))?.state).toBe('returned');
  });
});
