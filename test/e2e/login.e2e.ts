import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { shopChange } from '#sandbox/seed/repositories.ts';
import { startSandbox, type Sandbox } from '#sandbox/start.ts';
import { startServer, type RunningServer } from '#server/main.ts';
import { CLIENT, LoginProvider } from '../identity/login-provider.ts';
import { AUDIENCE } from '../identity/signer.ts';
import { launchChromium } from './headgate/browser.ts';

const any = '127.0.0.1:0';

describe('logging in with Chromium', function () {
  this.timeout(60_000);
  let directory: string;
  let sandbox: Sandbox;
  let provider: LoginProvider;
  let server: RunningServer;
  let browser: Browser;
  let context: BrowserContext;
  /** What pages of ours say in the console, but for answers that are errors: those are meant here. The provider's pages are its own. */
  let complaints: string[];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-login-'));
    provider = await LoginProvider.start();
    const listen = { webhook: any, web: any, metrics: any, health: any };
    sandbox = await startSandbox({ directory: join(directory, 'sandbox'), clock: systemClock, log: silentLog, listen });
    await demandLogin(sandbox.configPath);
    server = await startServer({
      configPath: sandbox.configPath,
      env: {},
      stderr: { write: () => true },
      signal: new AbortController().signal,
    });
    await provider.register(`${server.web.url}/login/callback`);
    await sandbox.connect(server.webhook.url);
    await sandbox.github.push({ repository: 'acme/shop', files: shopChange('Hello', '2'), message: 'Greet' });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await sandbox?.stop();
    await provider?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  afterEach(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    context = await browser.newContext({ baseURL: server.web.url, ...options });
    complaints = [];
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      const isOurs = message.location().url.startsWith(server.web.url) && !/status of 40[13]/.test(message.text());
      if (isOurs) complaints.push(message.text());
    });
    await page.goto(path);
    return page;
  }

  async function demandLogin(configPath: string): Promise<void> {
    const config = await readFile(configPath, 'utf8');
    writeFileSync(configPath, config.replace(/openReading: true/, 'openReading: false'));
    writeFileSync(join(directory, 'login.secret'), CLIENT.secret, { mode: 0o600 });
    appendFileSync(
      configPath,
      `  identity:\n    audience: ${AUDIENCE}\n    issuers: [ { name: corp, url: "${provider.url}" } ]\n    login: { issuer: corp, clientId: ${CLIENT.id}, ` +
        `clientSecret: { file: "${join(directory, 'login.secret')}" }, scopes: [ openid, profile, groups ], allow: [ { groups: [ sre ] } ] }\n`,
    );
  }

  /** The provider's are sent here too: cookies know no ports. */
  async function ourCookies(): Promise<Awaited<ReturnType<BrowserContext['cookies']>>> {
    return (await context.cookies(server.web.url)).filter(({ name }) => name.startsWith('headgate_'));
  }

  async function logInAs(page: Page, who: string): Promise<void> {
    await page.getByRole('link', { name: 'Log in with corp' }).click();
    await page.getByPlaceholder('Enter any login').fill(who);
    await page.getByPlaceholder('and password').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
  }

  it('leads through the issuer to the page that was asked for, which follows what happens, and out again', async () => {
    const page = await open('/login');
    await page.goto('/login/start?return=%2Fchanges%3Frepository%3Dacme%252Fshop');
    await page.goto('/login');
    await logInAs(page, 'ada');
    await page.waitForURL(`${server.web.url}/`);
    await page.getByText('Ada Lovelace').waitFor();
    await page.goto('/changes?repository=acme%2Fshop');
    await page.locator('#connection[data-state=live]').waitFor();
    const { after } = await sandbox.github.push({ repository: 'acme/shop', files: shopChange('Again', '3'), message: 'Again' });
    const row = page.getByRole('row').filter({ hasText: after?.slice(0, 12) ?? 'no commit' });
    await row.waitFor();

    const kept = await ourCookies();
    assert.ok(kept.length > 0 && kept.every(({ httpOnly, sameSite }) => httpOnly && sameSite === 'Lax'));
    assert.equal(await page.evaluate('document.cookie'), '');
    assert.equal(await page.evaluate('localStorage.length + sessionStorage.length'), 0);

    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'You are logged out' }).waitFor();
    assert.deepEqual(await ourCookies(), []);
    await context.addCookies(kept);
    assert.equal((await page.goto('/changes'))?.status(), 401, 'a copy of the cookie is worth nothing');
    await page.getByRole('link', { name: 'Log in with corp' }).waitFor();
  });

  it('says to whoever may not read that they may not, by its code', async () => {
    const page = await open('/login');
    await logInAs(page, 'eve');
    await page.getByText('LOGIN_REFUSED').waitFor();
    assert.equal((await page.goto('/changes'))?.status(), 401);
  });

  it('takes no logout that another site posts', async () => {
    const page = await open('/login');
    await logInAs(page, 'ada');
    await page.getByText('Ada Lovelace').waitFor();
    await page.goto(`${provider.url}/.well-known/openid-configuration`);
    const out = page.waitForResponse((response) => response.url() === `${server.web.url}/logout`);
    await page.evaluate(
      `{ const form = document.createElement('form'); form.method = 'post'; form.action = '${server.web.url}/logout'; document.body.append(form); form.submit(); }`,
    );
    assert.equal((await out).status(), 403);
    await page.getByText('CROSS_SITE').waitFor();
    await page.goto(server.web.url);
    await page.getByText('Ada Lovelace').waitFor();
  });

  it('fits a phone, and can be used by keyboard', async () => {
    const page = await open('/login', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
    for (const name of ['Skip to content', 'Headgate', 'Log in with corp']) {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate('document.activeElement.textContent'), name);
    }
    await logInAs(page, 'ada');
    await page.getByRole('button', { name: 'Log out' }).waitFor();
    for (const path of ['/', '/policies', '/policies/shop', '/changes']) {
      await page.goto(path);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, path);
    }
  });
});
