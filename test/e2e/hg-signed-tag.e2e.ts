import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Story } from '#core/ports/journal.ts';
import type { Wire } from '#core/wire.ts';
import { configMap } from '../conformance/cluster/flux-objects.ts';
import { hasEnded, reconcileOf } from './headgate/api.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { installMercurials } from './mercurial/install.ts';
import { makeHgSigners, type HgSigners } from './mercurial/signers.ts';
import { openHgStage, type HgStage } from './mercurial/stage.ts';

const run = promisify(execFile);
const launcher = join(import.meta.dirname, '..', '..', 'bin', 'headgate');
const pattern = 'tag:v*@branch:default';

const cases = [
  ['system', 'clone'],
  ['newest', 'web'],
] as const;

for (const [which, by] of cases)
  describe(`signed tags of Mercurial, the ${which} one, that a whole server deploys, reading back by ${by}`, function () {
    this.timeout(300_000);
    let signers: HgSigners;
    let stage: HgStage;
    let first: string;

    before(async function () {
      this.timeout(600_000); // the first time the versions of Mercurial are installed
      const mercurial = (await installMercurials())[which];
      signers = await makeHgSigners();
      const rule = {
        changes: [{ source: 'hub', repositories: ['infra'], refs: [pattern] }],
        signed: { commits: 'none', by: { people: ['jane', 'old'] } },
      };
      const documents = [person('jane', signers.armored.jane), person('old', signers.armored.expired)];
      stage = await openHgStage({ mercurial, by, publish: { release: pattern }, policy: rule, documents, rc: signers.rc });
    });
    after(async function () {
      await stage?.close(hasFailed(this));
      await signers?.[Symbol.asyncDispose]();
    });

    /** A changeset with this version of the ConfigMap. */
    const commit = (version: string, branch?: string): Promise<string> =>
      stage.infra.commit({ 'apps/pay/web.yaml': configMap('web', { version }) }, branch === undefined ? {} : { branch });
    /** Tags it on the branch that the working copy is on, has it signed by a key, if any, and pushes. */
    async function release(name: string, node: string, key?: string): Promise<void> {
      await stage.infra.hg('tag', `--rev=${node}`, name);
      if (key !== undefined) await stage.infra.hg('sign', `--key=${key}`, '.');
      await stage.infra.hg('push', '--quiet', '--new-branch');
    }
    const trace = async (node: string): Promise<string> => {
      const { directory } = stage.headgate;
      const told = run(launcher, ['trace', node, '--config', join(directory, 'headgate.yaml')], { cwd: directory });
      // What was not applied ends with another code.
      return (await told.catch((error: { readonly stdout: string }) => error)).stdout;
    };
    async function denied(name: string, node: string): Promise<Wire<Story>> {
      const before = stage.published('release');
      const story = await stage.headgate.api.storyWhen(node, ({ decisions }) => decisions.length > 0);
      assert.deepEqual([story.change.ref, story.decisions.map(({ verdict }) => verdict)], [`tag:${name}@branch:default`, ['deny']]);
      await stage.quiet();
      assert.deepEqual([story.reconciles.length, stage.published('release')], [0, before]);
      return story;
    }
    const reasonOf = ({ decisions }: Wire<Story>): string => {
      const [{ reasons } = assert.fail('nothing was decided')] = decisions;
      return reasons.map(({ code, message }) => `${code}: ${message}`).join('\n');
    };

    it('are published and applied where somebody signed whom the policy names', async () => {
      first = await commit('first');
      await release('v1.0.0', first, signers.jane);
      const story = await stage.headgate.api.storyWhen(first, hasEnded);
      assert.equal(reconcileOf(story, 'release').outcome, 'applied', JSON.stringify(story.reconciles));
      assert.deepEqual([story.change.ref, story.change.confirmed], ['tag:v1.0.0@branch:default', true]);
      const origin = stage.published('release') ?? assert.fail('nothing was published');
      assert.ok(origin.endsWith(`@sha1:${first}`), origin);
      assert.equal(stage.applied('release'), origin);
      assert.match(JSON.stringify(story.decisions), new RegExp(`jane.*openpgp:${signers.jane}`));
      const told = await trace(first);
      for (const word of ['tag:v1.0.0@branch:default', 'jane', 'published', 'applied']) assert.ok(told.includes(word), told);
    });

    it('are denied with the reason where nobody signed, by a key that nobody lists and by one that has expired', async () => {
      const unsigned = await commit('unsigned');
      await release('v1.0.1', unsigned);
      assert.match(reasonOf(await denied('v1.0.1', unsigned)), /^unsigned: .*nobody signed [0-9a-f]+, which brought tag/m);
      const unknown = await commit('unknown');
      await release('v1.0.2', unknown, signers.mallory);
      const story = await denied('v1.0.2', unknown);
      assert.match(reasonOf(story), new RegExp(`^unsigned: .*a key that nobody lists: openpgp:${signers.mallory}`, 'm'));
      const told = await trace(unknown);
      assert.match(told, new RegExp(`nobody lists: openpgp:${signers.mallory}`));
      const old = await commit('old');
      await release('v1.0.3', old, signers.expired);
      assert.match(reasonOf(await denied('v1.0.3', old)), /^unsigned: .*has expired/m);
    });

    it('stay where they are, whatever another branch says of them, and lead nowhere else than into their own', async () => {
      const head = await stage.infra.node('.');
      const evil = await commit('evil', 'evil');
      await appendFile(join(stage.infra.path, '.hgtags'), `${first} v1.0.0\n${evil} v1.0.0\n${evil} v9.0.0\n`);
      await stage.infra.hg('commit', '--message=Move');
      await stage.infra.hg('sign', `--key=${signers.jane}`, '.');
      await stage.infra.hg('push', '--quiet', '--new-branch');
      assert.equal(await stage.infra.node('v1.0.0'), evil, 'for Mercurial itself it has moved');
      const pushed = await stage.infra.node('tip');
      await stage.quiet();
      const deliveries = await stage.headgate.api.deliveries();
      const news = deliveries.find(({ hint }) => hint?.commit === pushed) ?? assert.fail('the push was not told');
      assert.match(news.reason ?? '', /nothing has moved/);
      assert.equal(await stage.headgate.api.story(evil), undefined);
      assert.ok(stage.published('release')?.endsWith(first));

      await stage.infra.hg('update', '--quiet', '--clean', `--rev=${head}`);
      await release('v1.0.4', evil, signers.jane);
      const story = await denied('v1.0.4', evil);
      assert.match(reasonOf(story), /^doubtful: .*not in the history of/);
      assert.match(await trace(evil), /not in the history of/);
    });
  });

function person(name: string, key: string): object {
  return {
    apiVersion: 'headgate.dev/v1alpha1',
    kind: 'Person',
    metadata: { name },
    spec: { accounts: [{ source: 'hub', account: name }], keys: [{ openpgp: key }] },
  };
}
