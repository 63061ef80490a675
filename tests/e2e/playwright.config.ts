import { defineConfig } from '@playwright/test';
import { AWAKE, CHROMIUM } from './browsers';

/** Sites of a conference talk to each other, so one conference runs at a time. */
export default defineConfig({
  testDir: '.',
  workers: 1,
  fullyParallel: false,
  // A bound, not a measure: six browsers share what the machine has.
  timeout: 600_000,
  expect: { timeout: 20_000 },
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
