import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { apiClient } from '#cli/api-client.ts';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { HOTFIX } from '#sandbox/seed/flux-objects.ts';
import { paymentsHotfix, shopChange } from '#sandbox/seed/repositories.ts';
import { startSandbox, type Sandbox } from '#sandbox/start.ts';
import { startServer, type RunningServer } from '#server/main.ts';
import { launchChromium, visit, type Visit } from './headgate/browser.ts';

const any = '127.0.0.1:0';

describe('the pages in Chromium', function () {
  this.timeout(60_000);
  let directory: string;
  let sandbox: Sandbox;
  let server: RunningServer;
  let browser: Browser;
  let visited: Visit;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-pages-'));
    const listen = { webhook: any, web: any, metrics: any, health: any };
    sandbox = await startSandbox({ directory: join(directory, 'sandbox'), clock: systemClock, log: silentLog, listen });
    const signal = new AbortController().signal;
    server = await startServer({ configPath: sandbox.configPath, env: {}, stderr: { write: () => true }, signal });
    await sandbox.connect(server.webhook.url);
    await sandbox.github.push({ repository: 'acme/shop', files: shopChange('Hello', '2'), message: 'Greet' });
    await sandbox.github.push({ repository: 'acme/payments', branch: HOTFIX, files: paymentsHotfix, message: 'Hurry' });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await sandbox?.stop();
    await rm(directory, { recursive: true, force: true });
  });
  afterEach(() => visited.close());

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    visited = await visit(browser, server.web.url, path, options);
    return visited.page;
  }

  it('lead from the overview to why a push did not deploy', async () => {
    const page = await open('/');
    await page.getByRole('link', { name: 'acme/payments hotfix' }).first().click();
    await page.getByRole('heading', { name: 'acme/payments hotfix', level: 1 }).waitFor();
    const why = page.getByRole('region', { name: 'Why it did not deploy' });
    await why.getByText('Policy does not allow it here:').waitFor();
    await why.getByText('ref refs/heads/hotfix is none of refs/heads/main').first().waitFor();
    await why.getByText('follows refs/heads/main, the change is on refs/heads/hotfix').waitFor();
    await page.getByRole('region', { name: 'What happened' }).getByRole('listitem').filter({ hasText: 'denied' }).waitFor();
  });

  it('follow a change by themselves until it is applied, keeping what is unfolded and focused', async () => {
    const page = await open('/changes?repository=acme%2Fshop');
    await page.locator('#connection[data-state=live]').waitFor();
    const filter = page.getByRole('textbox', { name: 'Ref' });
    await filter.fill('refs/heads/ma');
    const { after } = await sandbox.github.push({ repository: 'acme/shop', files: shopChange('Hello again', '3'), message: 'Again' });
    const row = page.getByRole('row').filter({ hasText: after?.slice(0, 12) ?? 'no commit' });
    await row.waitFor();
    assert.equal(await filter.inputValue(), 'refs/heads/ma');
    assert.equal(await page.evaluate('document.activeElement.id'), 'filter-ref');

    await row.getByRole('link').click();
    const card = page.locator('article').filter({ hasText: 'GitRepository/shop in shop' });
    await card.getByText('Allowed by shop changes[0]').click();
    await card.getByText('applied', { exact: false }).first().waitFor();
    await page.getByRole('listitem').filter({ hasText: 'applied GitRepository/shop in shop' }).waitFor();
    assert.equal(await card.locator('details').getAttribute('open'), '');
  });

  it('show deliveries as they come, and filter them by their address', async () => {
    const page = await open('/deliveries');
    await page.locator('#connection[data-state=live]').waitFor();
    const rows = page.getByRole('row').filter({ hasText: 'acme/payments' });
    const before = await rows.count();
    await sandbox.github.push({ repository: 'acme/payments', branch: 'other', files: paymentsHotfix, message: 'Other' });
    await rows.nth(before).waitFor();
    await page.getByRole('combobox', { name: 'State' }).selectOption('done');
    await page.getByRole('textbox', { name: 'Repository' }).fill('acme/shop');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL('**/deliveries?state=done&repository=acme%2Fshop');
    await page.getByRole('row').filter({ hasText: 'acme/shop' }).first().waitFor();
    assert.equal(await rows.count(), 0);
  });

  it('can be used by keyboard', async () => {
    const page = await open('/');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate('document.activeElement.id'), 'main');
    await page.keyboard.press('/');
    assert.equal(await page.evaluate('document.activeElement.id'), 'q');
    await page.keyboard.type('acme/shop/');
    assert.equal(await page.getByRole('searchbox').inputValue(), 'acme/shop/');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Nothing is known of “acme/shop/”' }).waitFor();
  });

  it('have landmarks and names', async () => {
    const page = await open('/');
    for (const role of ['banner', 'navigation', 'main', 'contentinfo', 'search'] as const)
      assert.equal(await page.getByRole(role).count(), 1, role);
    for (const name of ['Sources', 'Clusters', 'Work', 'Latency', 'Recent changes']) await page.getByRole('region', { name }).waitFor();
    await page.getByRole('img', { name: /^Event → annotation: median / }).waitFor();
    await page.getByRole('searchbox', { name: 'Search by commit, change or delivery' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Overview' }).getAttribute('aria-current'), 'page');
    assert.equal(await page.locator('a:not([href]), button:empty, input:not([id])').count(), 0);
  });

  it('fit a phone, and are dark where that is wanted', async () => {
    const change = (await apiClient({ fetch, signal: new AbortController().signal }, { url: server.web.url, token: null }).get(
      '/v1/changes',
    )) as {
      items: { id: string }[];
    };
    const page = await open('/', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
    for (const path of [
      '/',
      '/deliveries',
      '/changes',
      '/what-if?repository=acme/shop&ref=refs/heads/main',
      ...change.items.slice(0, 3).map(({ id }) => `/changes/${id}`),
    ]) {
      await page.goto(path);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, path);
    }
    const ground = async (): Promise<number> => {
      const colour = String(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
      return Math.max(...(colour.match(/\d+/g) ?? []).map(Number));
    };
    assert.ok((await ground()) < 60);
    await page.emulateMedia({ colorScheme: 'light' });
    assert.ok((await ground()) > 200);
  });

  it('explain what a push would come to', async () => {
    const page = await open('/what-if');
    await page.getByRole('textbox', { name: 'Repository' }).fill('acme/shop');
    await page.getByRole('textbox', { name: 'Ref' }).fill('refs/heads/main');
    await page.getByRole('button', { name: 'Explain' }).click();
    const answer = page.getByRole('region', { name: 'It would move' });
    await answer.locator('article').filter({ hasText: 'GitRepository/shop-in-payments' }).getByText('would be denied').waitFor();
    await answer.locator('article').filter({ hasText: 'GitRepository/shop in shop' }).getByText('would move').waitFor();
  });

  it('say everything without their script too', async () => {
    const page = await open('/', { javaScriptEnabled: false });
    await page.getByRole('link', { name: 'acme/payments hotfix' }).first().click();
    await page.getByText('ref refs/heads/hotfix is none of refs/heads/main').first().waitFor();
    await page.getByRole('searchbox').fill('acme/payments');
    await page.getByRole('searchbox').press('Enter');
    await page.getByRole('heading', { name: 'Search: “acme/payments”' }).waitFor();
  });

  it('open by the address that the operator asks for, once', async () => {
    const token = (await readFile(join(sandbox.directory, 'data/operator.token'), 'utf8')).trim();
    const headers = { authorization: `Bearer ${token}` };
    const { url } = (await (await fetch(`${server.web.url}/v1/logins`, { method: 'POST', headers })).json()) as { url: string };
    const page = await open(url);
    assert.equal(new URL(page.url()).pathname, '/');
    const [cookie] = await visited.context.cookies();
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, cookie?.path], [true, 'Strict', '/']);
    const again = await page.request.get(url);
    assert.equal(again.status(), 401);
  });
});
