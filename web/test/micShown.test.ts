import { expect, it } from 'vitest';
import { micShown } from '../src/lib/ui/micShown';
import { site, turn, view } from './fixtures';

/** The view in the turn of the own site, as the device sees it that is heard, or another one. */
function inTurn(meHeard: boolean) {
  return view({
    me: { ...view().me, heard: meHeard },
    sites: [site('ha-noi', 'Hà Nội'), { ...site('can-tho', 'Cần Thơ'), heard: true, devices: 2 }],
    floor: { ...view().floor, turns: [turn()] },
  });
}

it.each(['closed', 'muted-ahead', 'no-device'] as const)(
  'says of a second device that is %s that the site is heard through another',
  (mic) => expect(micShown(mic, inTurn(false))).toBe('elsewhere'),
);

it('shows the own microphone on the device that is heard', () => {
  expect(micShown('open', inTurn(true))).toBe('open');
  expect(micShown('muted', inTurn(true))).toBe('muted');
});

it('shows the own microphone while the site is not heard at all', () => {
  expect(micShown('closed', view())).toBe('closed');
  const others = view({
    sites: [{ ...site('ha-noi', 'Hà Nội'), heard: true }, site('can-tho', 'Cần Thơ')],
    floor: { ...view().floor, turns: [turn({ site: 'ha-noi' })] },
  });
  expect(micShown('closed', others)).toBe('closed');
});
