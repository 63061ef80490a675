/**
 * A person with a keyboard and nothing else: they see where they are, and go by Tab towards what they
 * want. What is disabled or hidden cannot be reached, and is waited for.
 */
import { expect, type Page } from '@playwright/test';

/** No page has so many stops, so whoever took as many steps is caught or has gone round. */
const STEPS = 400;

export class Keyboard {
  constructor(readonly page: Page) {}

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Goes to a control, by the shorter way. */
  async reach(testid: string): Promise<void> {
    await expect(this.page.getByTestId(testid).filter({ visible: true })).toBeEnabled();
    for (let step = 0; step < STEPS; step += 1) {
      const where = await this.page.evaluate(whereIs, testid);
      if (where === 'here') return;
      await this.press(where === 'before' ? 'Shift+Tab' : 'Tab');
    }
    throw new Error(`no key leads to ${testid}: ${await this.page.evaluate(() => document.activeElement?.outerHTML)}`);
  }

  /** Goes to a control and presses it. */
  async use(testid: string): Promise<void> {
    await this.reach(testid);
    await this.press('Enter');
  }

  /** The focus is at a control by itself, as after a dialog was opened. */
  async expectAt(testid: string): Promise<void> {
    await expect(this.page.getByTestId(testid).filter({ visible: true })).toBeFocused();
  }
}

/** Where a control is, seen from the focus. Runs in the page. */
function whereIs(testid: string): 'here' | 'before' | 'after' {
  const wanted = [...document.querySelectorAll(`[data-testid="${testid}"]`)].find((one) => one.checkVisibility());
  const { activeElement } = document;
  if (wanted === undefined || activeElement === null || activeElement === document.body) return 'after';
  if (activeElement === wanted) return 'here';
  return (activeElement.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING) !== 0 &&
    !wanted.contains(activeElement)
    ? 'before'
    : 'after';
}
