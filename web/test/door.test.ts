import { describe, expect, it } from 'vitest';
import { deviceName, seatsOf } from '../src/lib/ui/door';
import { device, view } from './fixtures';

describe('the seats', () => {
  it('are also those of a deputy and a wall screen, once somebody sits there', () => {
    const devices = [device('p1', 'can-tho', { role: 'deputy' })];
    const roles = seatsOf(view({ devices }))
      .filter(({ site }) => site.id === 'can-tho')
      .map(({ role, devices: of }) => [role, of.length]);
    expect(roles).toEqual([
      ['site', 0],
      ['deputy', 1],
    ]);
  });

  it('are those of every code, and each device is in its own', () => {
    const devices = [
      device('d1', 'can-tho'),
      device('c1', 'ha-noi', { role: 'chair' }),
      device('d2', 'can-tho', { linked: false }),
      device('s1', 'ha-noi', { role: 'secretary' }),
    ];
    const seats = seatsOf(view({ devices })).map(({ site, role, devices: of }) => [
      `${site.id}/${role}`,
      ...of.map(({ id }) => id),
    ]);
    expect(seats).toEqual([
      ['ha-noi/chair', 'c1'],
      ['ha-noi/secretary', 's1'],
      ['ha-noi/technician'],
      ['ha-noi/site'],
      ['can-tho/site', 'd1', 'd2'],
    ]);
  });
});

it('names a device by four characters', () => {
  expect(deviceName('0f3a9bc1d2e3f4a5b6c7')).toBe('B6C7');
});
