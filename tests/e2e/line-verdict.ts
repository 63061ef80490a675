/** What the check of a line says. */
import { expect } from '@playwright/test';
import type { Place } from './sites';

/** How often a line is measured at most. */
const TRIES = 3;

/**
 * Waits until the line is found to be fit for a conference, all of it measured over UDP. A busy machine makes a
 * bad line of its own loopback for a moment: it is tried again, as a person would.
 */
export async function expectGoodLine(place: Place): Promise<void> {
  const [verdict, figures] = [place.by('line-verdict'), place.by('line-figures')];
  const told: string[] = [];
  for (;;) {
    await expect(verdict, ['a verdict', ...told].join('; after ')).toBeVisible();
    const grade = await verdict.getAttribute('data-verdict');
    const measured = (await figures.textContent()) ?? '';
    told.push(`${grade}: ${measured}`);
    if (grade !== 'bad' && !measured.includes('không đo được')) {
      expect(grade).toMatch(/^(good|usable)$/);
      break;
    }
    if (told.length === TRIES) throw new Error(`no good line in ${TRIES} tries: ${told.join('; ')}`);
    await place.by('line-again').click();
    await expect(place.by('line-progress')).toBeVisible();
  }
  await expect(figures).toHaveAttribute('data-transport', 'udp');
}
