import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { gitRepository } from '../conformance/cluster/flux-objects.ts';
import type { Manifest } from './cluster/apply.ts';
import { say } from './cluster/say.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasEnded } from './headgate/api.ts';
import { launchChromium, visit, type Visit } from './headgate/browser.ts';
import { startGithubServer, type GithubServer } from './headgate/git-of-github.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { policy, startHeadgate, type Headgate } from './headgate/serve.ts';
import { deployApplication, type Application } from './headgate/stage.ts';

const TOKEN = 'a-token-of-the-end-to-end-tests';
/** For people to look at. */
const pictures = join(import.meta.dirname, '..', '..', '.cache', 'e2e', 'pages');

const looks = {
  light: { colorScheme: 'light', viewport: { width: 1_280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1_280, height: 900 } },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
} as const;

describe('the story of a real cluster in Chromium', function () {
  this.timeout(120_000);
  let cluster: RealCluster;
  let git: GithubServer;
  let headgate: Headgate;
  let app: Application;
  let browser: Browser;
  const visits: Visit[] = [];

  before(async function () {
    this.timeout(420_000);
    await mkdir(pictures, { recursive: true });
    [cluster, git, browser] = await Promise.all([startCluster({ name: 'prod' }), startGithubServer(TOKEN), launchChromium()]);
    headgate = await startHeadgate({
      clusters: [{ name: 'prod', kubeconfig: cluster.kubeconfigs.headgate }],
      sourceUrl: git.url,
      source: { api: { token: { file: './token' } } },
      files: { token: TOKEN },
      policies: [policy('mainline', [{ clusters: ['*'], namespaces: ['*'] }], ['refs/heads/main'], true)],
    });
    app = await deployApplication(git, 'webapp', [cluster]);
    await cluster.apply(gitRepository('webapp', 'webapp-hotfix', app.repository.url, { ref: { branch: 'hotfix' } }) as Manifest);
    git.github.setWebhook({ url: headgate.hook, secret: headgate.secret });
  });
  after(async function () {
    const keep = hasFailed(this);
    await browser?.close();
    await headgate?.stop(keep);
    await cluster?.stop(keep);
    await git?.stop();
    say(`► what the pages looked like is in ${pictures}`);
  });
  afterEach(async () => {
    for (const each of visits.splice(0)) await each.close();
  });

  /** Opens a page as somebody who has asked for its address. */
  async function open(path: string): Promise<Page> {
    const visited = await visit(browser, headgate.web, await headgate.api.login(), { viewport: looks.light.viewport });
    visits.push(visited);
    await visited.page.goto(path);
    return visited.page;
  }

  /** Of a page as it is now, in every look. */
  async function takePictures(name: string, page: Page): Promise<void> {
    for (const [look, { viewport, colorScheme }] of Object.entries(looks)) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(pictures, `${name}-${look}.png`), fullPage: true });
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), viewport.width, `${name} is too wide (${look})`);
      const tops = await page
        .getByRole('navigation')
        .getByRole('link')
        .evaluateAll((links) => links.map((link) => link.getBoundingClientRect().top));
      assert.equal(new Set(tops).size, 1, `the navigation takes more than one line (${look})`);
    }
    await page.setViewportSize(looks.light.viewport);
  }

  const changeOf = async (sha: string): Promise<string> => {
    const { change } = await headgate.api.storyWhen(sha, ({ decisions }) => decisions.length > 0);
    return `/changes/${change.id}`;
  };
  const steps = (page: Page): Locator => page.getByRole('region', { name: 'What happened' }).getByRole('listitem');
  const card = (page: Page, name: string): Locator => page.getByRole('article').filter({ hasText: `GitRepository/${name} in webapp` });

  it('shows every step of a push as it happens, until Flux has applied it', async () => {
    const source = cluster.controllers.components.get('source');
    source?.signal('SIGSTOP'); // nothing is fetched until the page is open
    const sha = await app.commit('second');
    const path = await changeOf(sha);
    const page = await open(path);
    try {
      await page.locator('#connection[data-state=live]').waitFor();
      await page.evaluate('window.isTheSame = true');
      for (const step of ['received', 'confirmed', 'matched', 'allowed', 'triggered'])
        await steps(page).filter({ hasText: step }).first().waitFor();
      await steps(page).filter({ hasText: 'by hub itself: it is the head of the ref' }).waitFor();
      assert.equal(await steps(page).filter({ hasText: 'artifact' }).count(), 0);
    } finally {
      source?.signal('SIGCONT');
    }
    await steps(page).filter({ hasText: 'artifact' }).first().waitFor();
    await steps(page).filter({ hasText: 'applied Kustomization/webapp in webapp' }).waitFor();
    await steps(page).filter({ hasText: 'applied GitRepository/webapp in webapp' }).waitFor();
    await card(page, 'webapp').getByText('applied').first().waitFor();
    assert.equal(await page.evaluate('window.isTheSame'), true, 'the page was loaded anew');
    assert.equal(await app.deployed(cluster), 'second');
    await headgate.api.storyWhen(sha, hasEnded);
    await takePictures('applied', page);
  });

  it('shows a manifest that the cluster refuses in the words of Flux, and how it is mended', async () => {
    const bad = await app.commit('bad', {
      'deploy/bad.yaml': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"n":1}}',
    });
    const path = await changeOf(bad);
    const page = await open(path);
    await card(page, 'webapp').getByText('ConfigMap/webapp/x dry-run failed').first().waitFor();
    await card(page, 'webapp').getByText('kubectl -n webapp describe kustomization webapp').waitFor();
    await steps(page).filter({ hasText: 'failed' }).filter({ hasText: 'ConfigMap/webapp/x dry-run failed' }).first().waitFor();
    await takePictures('failed', page);
    const good = await app.commit('third', { 'deploy/bad.yaml': null });
    await card(page, 'webapp').getByText('superseded').first().waitFor();
    await headgate.api.storyWhen(good, hasEnded);
  });

  it('shows why a push is denied, and what else has its repository', async () => {
    const sha = await app.repository.commit({ 'deploy/hotfix.yaml': '{}' }, { branch: 'hotfix' });
    const path = await changeOf(sha);
    const page = await open('/');
    await page.getByRole('link', { name: 'org/webapp hotfix' }).first().click();
    await page.waitForURL(`**${path}`);
    const why = page.getByRole('region', { name: 'Why it did not deploy' });
    await why.getByText('Policy does not allow it here:').waitFor();
    await why.getByText('ref refs/heads/hotfix is none of refs/heads/main').first().waitFor();
    await why.getByText('follows refs/heads/main, the change is on refs/heads/hotfix').waitFor();
    await steps(page).filter({ hasText: 'denied GitRepository/webapp-hotfix in webapp' }).waitFor();
    await takePictures('denied', page);
  });

  it('gives an overview of sources, clusters, work and latencies', async () => {
    const page = await open('/');
    await page.getByRole('region', { name: 'Sources' }).getByText('hub', { exact: true }).waitFor();
    await page.getByRole('region', { name: 'Clusters' }).getByText('synced').waitFor();
    await page
      .getByRole('region', { name: 'Work' })
      .getByText(/^\S* ?writable$/)
      .waitFor();
    for (const name of [/^Event → annotation: median /, /^Event → applied: median /]) await page.getByRole('img', { name }).waitFor();
    await page.getByRole('region', { name: 'Recent changes' }).getByRole('link', { name: 'org/webapp main' }).first().waitFor();
    await takePictures('overview', page);
    for (const name of ['changes', 'deliveries']) {
      await page.goto(`/${name}`);
      await takePictures(name, page);
    }
  });

  it('answers what a push would come to', async () => {
    const page = await open('/what-if');
    await page.getByRole('textbox', { name: 'Repository' }).fill('org/webapp');
    await page.getByRole('textbox', { name: 'Ref' }).fill('refs/heads/main');
    await page.getByRole('button', { name: 'Explain' }).click();
    const answer = page.getByRole('region', { name: 'It would move' });
    await answer.getByRole('article').filter({ hasText: 'GitRepository/webapp in webapp' }).getByText('would move').waitFor();
    await answer.getByText('Kustomization/webapp').waitFor();
    await takePictures('what-if', page);
    await page.getByRole('textbox', { name: 'Ref' }).fill('refs/heads/hotfix');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('region', { name: 'Nothing would move' }).getByText('would be denied').waitFor();
    await takePictures('what-if-denied', page);
  });

  it('has names and landmarks on every page', async () => {
    const [newest] = await headgate.api.all<{ readonly id: string }>('changes');
    const page = await open('/');
    for (const path of ['/', '/changes', '/deliveries', '/policies', '/people', '/what-if', `/changes/${newest?.id}`]) {
      await page.goto(path);
      for (const role of ['banner', 'navigation', 'main', 'contentinfo', 'search'] as const)
        assert.equal(await page.getByRole(role).count(), 1, `${path}: ${role}`);
      assert.equal(await page.locator('h1').count(), 1, path);
      assert.equal(
        await page
          .locator('a:not([href]), button:empty, input:not([id]):not([type=hidden]), img:not([alt]), section:not([aria-labelledby])')
          .count(),
        0,
        path,
      );
    }
  });
});
