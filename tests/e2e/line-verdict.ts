/** What the check of a line says. */
import { expect } from '@playwright/test';
import type { Place } from './sites';

/**
 * Waits until the line is found to be fit for a conference, all of it measured over UDP. A busy machine makes a
 * bad line of its own loopback for a moment: it is tried again, as a person would.
 */
export async function expectGoodLine(place: Place): Promise<void> {
  const [verdict, figures] = [place.by('line-verdict'), place.by('line-figures')];
  await expect(async () => {
    await expect(verdict).toBeVisible();
    const grade = await verdict.getAttribute('data-verdict');
    const measured = (await figures.textContent()) ?? '';
    const told = `${grade}: ${measured}`;
    if (grade === 'bad' || measured.includes('không đo được')) {
      await place.by('line-again').click();
      await expect(place.by('line-progress'), told).toBeVisible();
      throw new Error(told);
    }
    expect(grade).toMatch(/^(good|usable)$/);
    await expect(figures).toHaveAttribute('data-transport', 'udp');
  }).toPass({ timeout: 300_000 });
}
