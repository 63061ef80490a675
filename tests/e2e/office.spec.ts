/** The first start, and the first office: from the table to a picture on another machine. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { Office } from './office';

/** Frames that the largest picture of the page has shown. */
const frames = (page: Page) =>
  page.locator('video').evaluateAll((videos) =>
    Math.max(0, ...videos.map((video) => (video as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames)),
  );

test('an office trusts the server and comes in from another machine', async () => {
  test.skip(process.getuid?.() !== 0, 'network namespaces need root');
  const office = new Office();
  try {
    await office.serve();
    // The table names the address that others reach, and no secret stays behind on the disk.
    const base = /https:\/\/10\.213\.7\.1:8443/.exec(office.table)?.[0];
    expect(base).toBe('https://10.213.7.1:8443');
    const link = office.link('can-tho', 'site');
    expect(link).toContain(`${base}/#site=can-tho&code=`);
    expect(office.read('codes.toml')).not.toContain(link.split('code=')[1]);

    // Before the certificate is trusted the browser says so, and nothing is entered.
    const stranger = await (await office.chromium()).newPage();
    await expect(stranger.goto(link)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');

    const fingerprint = office.download(`${base}/ca.crt`);
    expect(office.table).toContain(fingerprint);
    office.trust();

    const browser = await office.chromium();
    const site = await browser.newPage();
    await site.goto(link);
    expect(await site.evaluate(() => isSecureContext)).toBe(true);
    expect(new URL(site.url()).hash).toBe('');
    await site.getByRole('button', { name: 'Vào hội nghị' }).click();

    const chair = await browser.newPage();
    await chair.goto(office.link('ha-noi', 'chair'));
    await chair.getByRole('button', { name: 'Vào hội nghị' }).click();
    await chair.getByRole('button', { name: 'Khai mạc' }).first().click();

    // Each has the other's picture, and it moves.
    for (const page of [site, chair]) {
      await expect.poll(() => frames(page)).toBeGreaterThan(20);
    }
    expect(office.log()).toContain('"event":"link.up"');
  } finally {
    await office.close();
  }
});

/** Network namespaces that this process has made and that are still there. */
function left(): string[] {
  const namespaces = execFileSync('ip', ['netns', 'list']).toString().split(/\s+/);
  return namespaces.filter((name) => new RegExp(`^dc${process.pid}\\D`).test(name));
}

test('of an office nothing stays behind when browsers do not start', async () => {
  test.skip(process.getuid?.() !== 0, 'network namespaces need root');
  const office = new Office();
  expect(left()).toHaveLength(2);
  // One never says that it is ready, the other fails: whoever waits for both waits no longer.
  const hangs = office.chromium("sh -c 'exec sleep 60'").catch(() => 'ended');
  await expect(office.chromium('false')).rejects.toThrow();
  await office.close();
  const soon = new Promise((resolve) => setTimeout(resolve, 10_000, 'still starting'));
  expect(await Promise.race([hangs, soon])).toBe('ended');
  expect(left()).toEqual([]);
  expect(existsSync(office.folder)).toBe(false);
});

test('of an office that cannot be built nothing stays behind', () => {
  test.skip(process.getuid?.() !== 0, 'network namespaces need root');
  const { PATH, TMPDIR } = process.env;
  const folder = mkdtempSync(join(tmpdir(), 'diemcau-no-line-'));
  const ip = execFileSync('sh', ['-c', 'command -v ip']).toString().trim();
  writeFileSync(join(folder, 'ip'), `#!/bin/sh\ncase "$*" in *veth*) exit 1;; esac\nexec ${ip} "$@"\n`);
  chmodSync(join(folder, 'ip'), 0o755);
  try {
    Object.assign(process.env, { PATH: `${folder}:${PATH}`, TMPDIR: folder });
    expect(() => new Office()).toThrow('Command failed');
    expect(left()).toEqual([]);
    expect(readdirSync(folder)).toEqual(['ip']);
  } finally {
    process.env.PATH = PATH;
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(folder, { recursive: true });
  }
});
