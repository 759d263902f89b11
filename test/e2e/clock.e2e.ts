import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitServer, type GitServer } from './cluster/git-http.ts';
import { faketimeLibrary } from './cluster/tools.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasEnded, reconcileOf } from './headgate/api.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { startHeadgate, type Headgate } from './headgate/serve.ts';
import { deployApplication, type Application } from './headgate/stage.ts';

describe('a clock that is moved by an hour', function () {
  this.timeout(240_000);
  const directory = mkdtempSync(join(tmpdir(), 'headgate-clock-'));
  const offset = join(directory, 'offset');
  let cluster: RealCluster;
  let git: GitServer;
  let headgate: Headgate;
  let app: Application;
  before(async () => {
    writeFileSync(offset, '+0');
    [cluster, git] = await Promise.all([startCluster({ name: 'clock' }), startGitServer()]);
    headgate = await startHeadgate({
      clusters: [{ name: 'clock', kubeconfig: cluster.kubeconfigs.headgate }],
      sourceUrl: git.url,
      env: {
        LD_PRELOAD: faketimeLibrary() ?? '',
        FAKETIME_TIMESTAMP_FILE: offset,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    app = await deployApplication(git, 'timely', [cluster]);
  });
  after(async function () {
    const keep = hasFailed(this);
    await headgate?.stop(keep);
    await cluster?.stop(keep);
    await git?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const [title, shift, hours] of [
    ['right at first', '+0', 0],
    ['forward', '+1h', 1],
    ['and back again', '+0', 0],
  ] as const) {
    it(`${title}: the next push is deployed as quickly as ever`, async () => {
      writeFileSync(offset, shift);
      const sha = await app.commit(title);
      const begun = Date.now();
      assert.equal((await app.announce(headgate, sha)).status, 202);
      const story = await headgate.api.storyWhen(sha, hasEnded, 30_000);
      assert.equal(reconcileOf(story, 'timely').outcome, 'applied');
      assert.equal(await app.deployed(cluster), title);
      const off = Date.parse(story.change.receivedAt) - begun;
      assert.ok(Math.abs(off - hours * 3_600_000) < 60_000, `the process saw a clock that is ${Math.round(off / 1000)} s ahead`);
    });
  }
});
