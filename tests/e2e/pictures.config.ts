import base from './playwright.config';

/** `make pictures`: the pictures of the README and of /help, from a real run. */
export default { ...base, testMatch: 'pictures.ts' };
