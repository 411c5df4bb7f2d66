import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where Debian, Ubuntu and GitHub's runners keep it. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * Whether the tests that need a browser cannot run here, for `describe.skipIf(browserIsMissing())`.
 * Says so once on standard error; throws with `REQUIRE_ALL=1`, under which nothing may be skipped.
 */
export function browserIsMissing(): boolean {
  if (findBrowser() !== undefined) return false;
  const message = `no browser at ${places.join(', ')} (Debian: apt-get install chromium)`;
  if (process.env.REQUIRE_ALL === '1') throw new Error(`REQUIRE_ALL=1, and ${message}`);
  console.warn(`skipped, the tests that need a browser: ${message}`);
  return true;
}

/** Starts a headless Chromium on a fresh profile, which goes when the browser is closed. The caller closes it. */
export function openBrowser(): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new Error('there is no browser here: ask browserIsMissing() first');
  return chromium.launch({
    executablePath,
    headless: true,
    // Tests run as root too, where Chromium's sandbox does not start; only pages of our own are opened.
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      // Without these it looks up hosts of its maker at every start.
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

const findBrowser = (): string | undefined => places.find((place) => existsSync(place));
