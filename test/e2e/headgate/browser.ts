import assert from 'node:assert/strict';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { chromiumPath } from '../cluster/tools.ts';

/** A real Chromium, without a window. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath() ?? '', args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

/** A page of a reader of its own. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /**
   * Ends it.
   * @throws when the console said anything, which it should not: scripts that fail, and what the content security policy refuses
   */
  close(): Promise<void>;
}

/** @param baseURL of the pages; `path` is below it */
export async function visit(browser: Browser, baseURL: string, path: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ baseURL, ...options });
  const complaints: string[] = [];
  const page = await context.newPage();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(path);
  return {
    page,
    context,
    async close() {
      await context.close();
      assert.deepEqual(complaints, []);
    },
  };
}
