import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Change } from '#core/change.ts';
import type { Wire } from '#core/wire.ts';
import { configMap } from '../conformance/cluster/flux-objects.ts';
import { hasEnded, reconcileOf } from './headgate/api.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { installMercurials } from './mercurial/install.ts';
import type { HgRepository } from './mercurial/repository.ts';
import { NAMESPACE, openHgStage, type HgStage } from './mercurial/stage.ts';

const run = promisify(execFile);
const mebibyte = 1024 * 1024;
/** Far above what the server takes of these, and far below what they hold or would need in objects. */
const MOST_MEMORY = 420 * mebibyte;

const cases = [
  ['system', 'clone'],
  ['newest', 'web'],
] as const;

for (const [which, by] of cases)
  describe(`much at once from Mercurial, the ${which} one, and a whole server that reads back by ${by}`, function () {
    this.timeout(600_000);
    let stage: HgStage;

    before(async () => {
      stage = await openHgStage({ mercurial: (await installMercurials())[which], by });
    });
    after(async function () {
      await stage?.close(hasFailed(this));
    });

    const commit = (repository: HgRepository, name: string, version: string): Promise<string> =>
      repository.commit({ [`apps/pay/${name}.yaml`]: configMap(name, { version }) });
    const version = (name: string): unknown => {
      const { data } = (stage.cluster.get('ConfigMap', NAMESPACE, name) ?? {}) as { readonly data?: { readonly version?: string } };
      return data?.version;
    };
    const isAt = (node: string): void => {
      const origin = `default@sha1:${node}`;
      assert.deepEqual([stage.published(), stage.applied()], [origin, origin]);
    };

    it('is lost by none of two who push to one branch at once, and the newest head is what runs', async () => {
      await commit(stage.infra, 'web', 'begun');
      await stage.infra.hg('push', '--quiet');
      const people = { alice: stage.infra, bob: await stage.clone('bob') };
      const accepted: string[] = [];
      for (const round of ['1', '2', '3'])
        await Promise.all(
          Object.entries(people).map(async ([name, repository]) => {
            await commit(repository, name, round);
            accepted.push(await pushAnyhow(repository));
          }),
        );
      await stage.quiet();

      const told = (await stage.headgate.api.deliveries())
        .filter(({ kind }) => kind === 'webhook')
        .map(({ hint, state }) => `${hint?.commit} ${state}`);
      for (const node of accepted) assert.ok(told.includes(`${node} done`), `nobody told of ${node}: ${told.join(', ')}`);
      const served = { cwd: stage.served, env: { ...stage.host.account.environment } };
      const { stdout: heads } = await run(stage.host.account.mercurial.hg, ['heads', '--topo', '--template={node}\n'], served);
      const [head = '', ...more] = heads.trim().split('\n');
      assert.deepEqual([more, accepted.includes(head)], [[], true]);
      isAt(head);
      assert.deepEqual([version('alice'), version('bob')], ['3', '3']);
      assert.equal((await stage.headgate.api.storyWhen(head, hasEnded)).change.readBack?.head, head);
    });

    it('is deployed with 10,000 changesets in one push, of which not all are named', async () => {
      await stage.infra.hg('pull', '--quiet', '--update');
      await commit(stage.infra, 'web', 'few');
      await stage.infra.hg('push', '--quiet');
      await stage.headgate.api.storyWhen(await stage.infra.node('.'), hasEnded);
      const script = join(import.meta.dirname, 'mercurial', 'many.py');
      const { mercurial, environment } = stage.host.account;
      await run(mercurial.python, [script, stage.infra.path], { env: { ...environment } });
      await stage.infra.hg('update', '--quiet', '--clean', '--rev=tip');
      const head = await commit(stage.infra, 'web', 'many');
      await stage.infra.hg('push', '--quiet');
      const story = await stage.headgate.api.storyWhen(head, hasEnded, 180_000);
      assert.equal(reconcileOf(story, 'default').outcome, 'applied', JSON.stringify(story.reconciles));
      isAt(head);
      assert.equal(version('web'), 'many');
      assertBounded(story.change);
      await assertModest();
    });

    it('is published with 50 MB below the path, and refused with 100 MB, with the reason and without holding it in memory', async () => {
      await fill(stage.infra, 0, 50);
      const within = await commit(stage.infra, 'web', 'within');
      await stage.infra.hg('push', '--quiet');
      const story = await stage.headgate.api.storyWhen(within, hasEnded, 180_000);
      assert.equal(reconcileOf(story, 'default').outcome, 'applied', JSON.stringify(story.reconciles));
      isAt(within);

      await fill(stage.infra, 50, 100);
      const over = await commit(stage.infra, 'web', 'over');
      await stage.infra.hg('push', '--quiet');
      const refused = reconcileOf(await stage.headgate.api.storyWhen(over, hasEnded, 180_000), 'default');
      assert.deepEqual([refused.outcome, refused.published], ['failed', undefined], JSON.stringify(refused));
      assert.match(refused.message ?? '', /what would be published holds more than 64 MiB/);
      isAt(within);
      assert.equal(version('web'), 'within');
      await assertModest();
    });

    /** A clone counts more than the 5,000 that are named; hgweb is not asked for more. Either way the decision says what it lacks. */
    function assertBounded({ readBack }: Wire<Change>): void {
      const { commits, lacked } = readBack?.range ?? assert.fail('no range was read');
      assert.ok(by === 'web' ? commits === null : commits !== null && commits > 10_000, String(commits));
      assert.ok(lacked.includes('commits'), lacked.join());
    }

    async function assertModest(): Promise<void> {
      const peak = await stage.peakMemory();
      assert.ok(peak < MOST_MEMORY, `the server took ${Math.round(peak / mebibyte)} MiB`);
    }
  });

/** Pushes until it is accepted: whoever comes second merges what came first, as hg tells them to. @returns the node that is pushed */
async function pushAnyhow(repository: HgRepository): Promise<string> {
  for (let tries = 0; tries < 20; tries++) {
    const pushed = await repository.hg('push', '--quiet').then(
      () => true,
      () => false,
    );
    if (pushed) return repository.node('.');
    await repository.hg('pull', '--quiet');
    if ((await repository.hg('heads', '--template=x', 'default')).length < 2) continue;
    await repository.hg('merge', '--quiet');
    await repository.hg('commit', '--quiet', '--message=Merge');
  }
  throw new Error('it was refused 20 times');
}

/** Files of a MiB each that nothing compresses; no manifests, so that Flux applies none of them. */
async function fill({ path }: HgRepository, from: number, to: number): Promise<void> {
  const directory = join(path, 'apps', 'pay', 'large');
  await mkdir(directory, { recursive: true });
  for (let index = from; index < to; index++) await writeFile(join(directory, `${index}.bin`), randomBytes(mebibyte));
}
