import { defineConfig } from '@playwright/test';

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
      executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--autoplay-policy=no-user-gesture-required',
        '--disable-background-timer-throttling',
        '--disable-backgrounding-occluded-windows',
        '--disable-renderer-backgrounding',
      ],
    },
  },
});
