import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Story } from '#core/ports/journal.ts';
import type { Wire } from '#core/wire.ts';
import { gitRepository, gitRepositoryPath, isReady, expectOk, REQUESTED_AT } from '../conformance/cluster/flux-objects.ts';
import { eventually } from '../conformance/cluster/eventually.ts';
import type { Manifest } from './cluster/apply.ts';
import { startGitServer, type GitServer } from './cluster/git-http.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasEnded, reconcileOf } from './headgate/api.ts';
import { startGithubServer } from './headgate/git-of-github.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { policy, startHeadgate, type Headgate } from './headgate/serve.ts';
import { deployApplication, type Application } from './headgate/stage.ts';

const TOKEN = 'a-token-of-the-end-to-end-tests';

interface Way {
  readonly by: 'git' | 'api';
  readonly start: () => Promise<Pick<GitServer, 'url' | 'repository' | 'stop'>>;
  /** Of the source: what it is asked with. */
  readonly source: object;
}

const ways: readonly Way[] = [
  { by: 'git', start: startGitServer, source: { readBack: 'git', git: {} } },
  { by: 'api', start: () => startGithubServer(TOKEN), source: { readBack: 'api', api: { token: { file: './token' } } } },
];

for (const { by, start, source } of ways) {
  describe(`without any webhook, read back by ${by}`, function () {
    this.timeout(240_000);
    let cluster: RealCluster;
    let git: Awaited<ReturnType<Way['start']>>;
    let headgate: Headgate;
    let app: Application;
    before(async function () {
      this.timeout(420_000);
      [cluster, git] = await Promise.all([startCluster({ name: 'prod' }), start()]);
      app = await deployApplication(git, 'webapp', [cluster]);
      headgate = await startHeadgate({
        clusters: [{ name: 'prod', kubeconfig: cluster.kubeconfigs.headgate }],
        sourceUrl: git.url,
        source: { ...source, sweep: { interval: '1s' } },
        files: { token: TOKEN },
        policies: [policy('mainline', [{ clusters: ['*'], namespaces: ['*'] }], ['refs/heads/main'], true)],
      });
    });
    after(async function () {
      const keep = hasFailed(this);
      await headgate?.stop(keep);
      await cluster?.stop(keep);
      await git?.stop();
    });

    const sweeps = async (): Promise<number> => (await readFile(headgate.log, 'utf8')).split('"msg":"swept"').length - 1;

    async function assertDeployed(story: Wire<Story>, sha: string, version: string): Promise<void> {
      assert.equal(reconcileOf(story, 'webapp').outcome, 'applied', JSON.stringify(story.reconciles));
      assert.deepEqual([story.delivery.kind, story.delivery.remote, story.delivery.state], ['sweep', '', 'done']);
      const { confirmed, readBack, revision } = story.change;
      assert.deepEqual([revision, confirmed, readBack?.by, readBack?.standing, readBack?.head], [sha, true, by, 'head', sha]);
      assert.equal(await app.deployed(cluster), version);
    }

    it('a push is found by the sweep, confirmed and applied', async () => {
      const sha = await app.commit('second', { 'README.md': 'a second file' });
      const story = await headgate.api.storyWhen(sha, hasEnded);
      await assertDeployed(story, sha, 'second');
      const { commits, files, firstFiles } = story.change.readBack?.range ?? assert.fail('no range');
      assert.deepEqual([commits, files, firstFiles], [1, 2, ['README.md', 'deploy/config.yaml']]);
      assert.equal((await app.source(cluster)).metadata.annotations?.[REQUESTED_AT], reconcileOf(story, 'webapp').token);
    });

    it('what is known is not found again', async () => {
      const before = await headgate.api.deliveries();
      const swept = await sweeps();
      await eventually(async () => assert.ok((await sweeps()) >= swept + 2), 30_000);
      assert.deepEqual(await headgate.api.deliveries(), before);
    });

    it('a push to a ref that no policy allows is found too, and stays undeployed', async () => {
      const first = await app.repository.commit({ 'deploy/config.yaml': '{}' }, { branch: 'hotfix' });
      const path = gitRepositoryPath('webapp', 'webapp-hotfix');
      await cluster.apply(gitRepository('webapp', 'webapp-hotfix', app.repository.url, { ref: { branch: 'hotfix' } }) as Manifest);
      await eventually(async () => assert.ok(isReady(expectOk(await cluster.admin.get(path)))), 30_000);
      const sha = await app.repository.commit({ 'deploy/hotfix.yaml': '{}' }, { branch: 'hotfix' });
      const story = await headgate.api.storyWhen(sha, ({ decisions }) => decisions.length > 0);
      assert.deepEqual(
        story.decisions.map(({ target, verdict, reasons }) => [target.name, verdict, reasons[0]?.message]),
        [['webapp-hotfix', 'deny', 'mainline changes[0] does not fit: ref refs/heads/hotfix is none of refs/heads/main']],
      );
      assert.deepEqual([story.delivery.kind, story.reconciles], ['sweep', []]);
      assert.deepEqual(
        story.candidates.map(({ target, reason }) => [target.name, reason]),
        [['webapp', 'other-ref']],
      );
      const object = expectOk(await cluster.admin.get(path));
      assert.equal(object.metadata.annotations?.[REQUESTED_AT], undefined);
      assert.equal(object.status?.artifact?.revision, `hotfix@sha1:${first}`);
    });

    it('a push while Headgate was down is found when it starts, long before its interval', async () => {
      const config = join(headgate.directory, 'headgate.yaml');
      assert.equal(await headgate.terminate(), 0);
      const text = await readFile(config, 'utf8');
      assert.ok(text.includes('interval: 1s'));
      await writeFile(config, text.replace('interval: 1s', 'interval: 1h'));
      const between = await app.commit('between');
      const sha = await app.commit('third');
      await headgate.start();
      await assertDeployed(await headgate.api.storyWhen(sha, hasEnded), sha, 'third');
      assert.equal(await headgate.api.story(between), undefined, 'a sweep sees heads, and the one between was none any more');
    });
  });
}
