/** What axe finds on a page: WCAG 2.2 AA and its own best practices. */
import { expect, type Page } from '@playwright/test';
import axe from 'axe-core';

/** Fails with the rule, the element and the reason of everything that is found. */
export async function expectNoBarriers(page: Page, what: string): Promise<void> {
  // Run as the debugger's code: the page's own policy allows no script of elsewhere.
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    const { violations, passes } = await axe.run(document);
    const told = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    );
    return { told, looked: passes.length };
  });
  expect(found.told, what).toEqual([]);
  expect(found.looked, `${what}: rules that had something to look at`).toBeGreaterThan(10);
}
