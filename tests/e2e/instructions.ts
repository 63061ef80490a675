/**
 * The pictures of the pages of instructions (`/help`), from a real run: each place that the text
 * speaks of carries its number. They are committed, so that a build needs no browser.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import type { Place } from './sites';

const FOLDER = join(import.meta.dirname, '../../web/public/help');
const SIZE = { width: 1366, height: 768 };
const WIDTH = 1120;
const QUALITY = 68;

/** The places of each picture, in the order of their numbers. */
const HOST = ['tile-tp-hcm', 'session-button', 'queue', 'revoke', 'take-floor', 'door-button'];
const SITE = ['turn-clock', 'mic-state', 'request-button', 'headcount-input'];

/** Draws every picture in both languages. */
export async function drawInstructions(chair: Place, site: Place): Promise<void> {
  for (const place of [chair, site]) await place.page.setViewportSize(SIZE);
  for (const language of ['vi', 'en'] as const) {
    for (const place of [chair, site]) await speak(place, language);
    await draw(chair, `host.${language}`, HOST);
    await draw(site, `site.${language}`, SITE);
    await chair.by('door-button').click();
    await draw(chair, `door.${language}`, [], 'door');
    await chair.by('door-close').click();
  }
}

async function speak({ page }: Place, language: 'vi' | 'en'): Promise<void> {
  const shown = page.locator('html');
  if ((await shown.getAttribute('lang')) !== language) {
    await page.locator(`header button[lang="${language}"]`).click();
  }
  await expect(shown).toHaveAttribute('lang', language);
}

/** A picture of the page, or of one element, with numbers at `places`. */
async function draw(place: Place, name: string, places: string[], only?: string): Promise<void> {
  const { page } = place;
  for (const testid of places) await expect(place.by(testid)).toBeVisible();
  await page.evaluate((ids) => {
    ids.forEach((id, index) => {
      const named = document.querySelector(`[data-testid="${id}"]`)!;
      // Words are marked at the corner of their card, so that the number covers none.
      const marked = named.matches('button, li') ? named : (named.closest('.card') ?? named);
      const box = marked.getBoundingClientRect();
      const mark = document.createElement('b');
      mark.textContent = String(index + 1);
      mark.className = 'mark-of-the-picture';
      Object.assign(mark.style, {
        position: 'fixed',
        left: `${Math.max(2, box.left - 17)}px`,
        top: `${Math.max(2, box.top - 15)}px`,
        width: '26px',
        borderRadius: '13px',
        background: '#1f1b17',
        boxShadow: '0 0 0 2px #ffd97a',
        color: '#ffd97a',
        font: '700 18px/26px sans-serif',
        textAlign: 'center',
        zIndex: '9',
      });
      document.body.append(mark);
    });
    (document.activeElement as HTMLElement | null)?.blur();
  }, places);
  const box = only === undefined ? { x: 0, y: 0, ...SIZE } : (await place.by(only).boundingBox())!;
  const scale = Math.min(1, WIDTH / box.width);
  const tools = await page.context().newCDPSession(page);
  const { data } = await tools.send('Page.captureScreenshot', {
    format: 'webp',
    quality: QUALITY,
    clip: { ...box, scale },
  });
  await writeFile(join(FOLDER, `${name}.webp`), Buffer.from(data, 'base64'));
  await tools.detach();
  await page.evaluate(() => document.querySelectorAll('.mark-of-the-picture').forEach((mark) => mark.remove()));
}
