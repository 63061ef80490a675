import { defineConfig } from '@playwright/test';
import { AWAKE, CHROMIUM } from './browsers';

/** Sites of a conference talk to each other, so one conference runs at a time. */
export default defineConfig({
  testDir: '.',
  workers: 1,
  fullyParallel: false,
  // Bounds against hanging, not measures: six browsers share what the machine has, and what is looked for is
  // waited for, however long it takes there. How quick the product is says the bench.
  timeout: 1_200_000,
  expect: { timeout: 90_000 },
  reporter: [['list']],
  outputDir: 'out',
  use: {
    browserName: 'chromium',
    trace: 'off',
    launchOptions: {
      executablePath: CHROMIUM,
      args: ['--no-sandbox', ...AWAKE],
    },
  },
});
