/** The pages of instructions: they name buttons as the client does, and nothing that is not there. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { en } from '../src/lib/i18n/en';
import { hostEn } from '../src/lib/i18n/en.host';
import { vi } from '../src/lib/i18n/vi';
import { hostVi } from '../src/lib/i18n/vi.host';
import { helpUrl } from '../src/lib/ui/help';

const PUBLIC = join(import.meta.dirname, '../public');
const PAGES = readdirSync(join(PUBLIC, 'help'), { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('index.html'),
);
/** Bold words that are not ours: those of the browser and of Windows. */
const FOREIGN = ['https', 'Cho phép', 'Allow', 'Trusted Root Certification Authorities'];
const PICTURE_LIMIT = 60_000;

function strings(part: unknown): string[] {
  if (typeof part === 'string') return [part];
  return typeof part === 'object' && part !== null ? Object.values(part).flatMap(strings) : [];
}

const all = (pattern: RegExp, text: string) =>
  [...text.matchAll(pattern)].map(([, found]) => found as string);

/** The file that the server sends for a path of ours. */
const fileOf = (path: string) =>
  join(PUBLIC, path.includes('.') ? path : join(path, 'index.html'));

it('are ten: a list, three roles and the wall screen in two languages', () => {
  expect(PAGES).toHaveLength(10);
});

describe.each(PAGES)('%s', (name) => {
  const html = readFileSync(join(PUBLIC, 'help', name), 'utf8');
  const english = html.includes('<html lang="en">');

  it('names buttons as the client does', () => {
    const known = new Set([...strings(english ? [en, hostEn] : [vi, hostVi]), ...FOREIGN]);
    for (const word of all(/<b>(.+?)<\/b>/g, html)) expect(known).toContain(word);
  });

  it('needs neither script nor style of its own, as the content security policy wants', () => {
    expect(html).not.toMatch(/<script|<style|style=|\son\w+=/);
  });

  it('links to what is there, in its own language', () => {
    for (const path of all(/(?:href|src)="([^"]+)"/g, html)) {
      expect(path).toMatch(/^\//);
      expect(existsSync(fileOf(path)), path).toBe(true);
    }
    const here = all(/<a href="(\/help[^"]*)"(?! lang)/g, html);
    for (const path of here) expect(path.endsWith('/en'), path).toBe(english);
  });

  it('has pictures that are small', () => {
    for (const path of all(/<img src="([^"]+)"/g, html)) {
      expect(statSync(fileOf(path)).size, path).toBeLessThan(PICTURE_LIMIT);
    }
  });
});

it('every role has its page, in both languages', () => {
  for (const role of ['chair', 'deputy', 'secretary', 'technician', 'site', 'display', null] as const) {
    for (const language of ['vi', 'en'] as const) {
      expect(existsSync(fileOf(helpUrl(role, language))), `${role} ${language}`).toBe(true);
    }
  }
});
