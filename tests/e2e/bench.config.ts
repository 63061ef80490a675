import { defineConfig } from '@playwright/test';
import tests from './playwright.config';

/** The browser's part of `make bench`: nothing else runs beside it. */
export default defineConfig(tests, {
  testMatch: '*.bench.ts',
  timeout: 45_000,
  reporter: [['list']],
});
