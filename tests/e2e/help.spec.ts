/** The pages of instructions: served under the strict policy, whole, and one sheet of A4 each. */
import { expect, test } from '@playwright/test';
import { Server } from './server';

const PAGES = ['', '/chu-toa', '/ky-thuat-vien', '/diem-cau', '/man-hinh'].flatMap((page) => [page, `${page}/en`]);

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server?.stop());

for (const path of PAGES) {
  test(`/help${path} is whole and prints on one sheet`, async ({ page }) => {
    const refused: string[] = [];
    page.on('console', (message) => message.type() === 'error' && refused.push(message.text()));
    const answer = await page.goto(`${server.url}/help${path}`);
    expect(answer?.status()).toBe(200);
    await expect(page.locator('html')).toHaveAttribute('lang', path.endsWith('/en') ? 'en' : 'vi');
    const pictures = page.locator('img');
    for (const picture of await pictures.all()) {
      await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
    }
    // Its rules for the bare elements are there.
    await expect(page.locator('body')).toHaveCSS('margin-top', '0px');
    expect(refused).toEqual([]);
    const sheets = (await page.pdf({ preferCSSPageSize: true })).toString('latin1').match(/\/Type\s*\/Page\b/g);
    expect(sheets).toHaveLength(1);
  });
}

test('is found from the sign-in, in the language of the page', async ({ page }) => {
  await page.goto(server.url);
  await page.getByTestId('help').click();
  await expect(page).toHaveURL(`${server.url}/help`);
  await page.getByRole('link', { name: 'Kỹ thuật viên', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Kỹ thuật viên');
  await page.getByRole('link', { name: 'English' }).click();
  await expect(page).toHaveURL(`${server.url}/help/ky-thuat-vien/en`);
});
