import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { configMap } from '../conformance/cluster/flux-objects.ts';
import { hasEnded, reconcileOf } from './headgate/api.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { installMercurials } from './mercurial/install.ts';
import { openHgStage, type HgStage } from './mercurial/stage.ts';

const jane = {
  apiVersion: 'headgate.dev/v1alpha1',
  kind: 'Person',
  metadata: { name: 'jane' },
  spec: { accounts: [{ source: 'hub', account: 7, name: 'jane' }] },
};

/** What each host sends of a push, and the changesets in it. */
const hosts = {
  heptapod: { fixture: 'push-branch', nodes: /e4ece4a59998ec84e3062e0a584127c0a7963a2b/g },
  rhodecode: {
    fixture: 'repo-push',
    nodes: /e4ece4a59998ec84e3062e0a584127c0a7963a2b|ad2a8f345818de151335c30206d53e9ab8ce9be2|acfc25764b8780b996f43fca5dcfca39a255bb50/g,
  },
} as const;

const cases = [
  ['heptapod', 'newest'],
  ['rhodecode', 'system'],
] as const;

for (const [type, which] of cases)
  describe(`webhooks of ${type} about a repository of a real Mercurial, the ${which} one, and a whole server`, function () {
    this.timeout(300_000);
    let stage: HgStage;
    const canary = `/tmp/headgate-canary-${process.pid}-${type}`;

    before(async function () {
      this.timeout(600_000); // the first time the versions of Mercurial are installed
      const mercurial = (await installMercurials())[which];
      const policy = { changes: [{ source: 'hub', repositories: ['infra'], refs: ['branch:default'], pushers: { people: ['jane'] } }] };
      stage = await openHgStage({ mercurial, by: 'clone', type, policy, documents: [jane] });
    });
    after(async function () {
      rmSync(canary, { force: true });
      await stage?.close(hasFailed(this));
    });

    const push = async (version: string): Promise<string> => {
      const node = await stage.infra.commit({ 'apps/pay/web.yaml': configMap('web', { version }) });
      await stage.infra.hg('push', '--quiet');
      return node;
    };
    /** The host's message of a push to `infra`, as a text. @param account who pushed */
    function told(node: string, account = 7, secret = stage.headgate.secret): string {
      const { fixture, nodes } = hosts[type];
      return readFileSync(new URL(`../fixtures/${type}/${fixture}.json`, import.meta.url), 'utf8')
        .replaceAll(nodes, node)
        .replaceAll('https://hg.example.com/team/infra', `${stage.host.url}/infra`)
        .replace('"user_id": 7', `"user_id": ${account}`)
        .replace('{{secret}}', secret);
    }
    async function send(
      body: string,
      token = stage.headgate.secret,
    ): Promise<{ readonly status: number; readonly code: string | undefined }> {
      const headers = { 'content-type': 'application/json', ...(type === 'heptapod' ? { 'x-gitlab-token': token } : {}) };
      const answer = await fetch(stage.headgate.hook, { method: 'POST', headers, body });
      return { status: answer.status, code: ((await answer.json()) as { readonly code?: string }).code };
    }

    it('lead to what the repository says, and name who pushed', async () => {
      const node = await push('first');
      assert.equal((await send(told(node))).status, 202);
      assert.equal((await send(told(node))).status, 200, 'it is known');
      const story = await stage.headgate.api.storyWhen(node, hasEnded);
      assert.equal(reconcileOf(story, 'default').outcome, 'applied', JSON.stringify(story.reconciles));
      assert.deepEqual([story.change.confirmed, story.change.actors.map(({ account }) => account)], [true, ['7']]);
      assert.equal(stage.published(), `default@sha1:${node}`);
      assert.equal(stage.applied(), `default@sha1:${node}`);
    });

    it('deny who is not named, say nothing of another secret, and nothing of what is not there', async () => {
      const before = stage.published();
      const node = await push('second');
      assert.deepEqual(await send(told(node, 8, 'another-secret'), 'another-secret'), { status: 401, code: 'SIGNATURE_INVALID' });
      assert.equal((await send(told(node, 8))).status, 202);
      const { decisions } = await stage.headgate.api.storyWhen(node, (story) => story.decisions.length > 0);
      assert.deepEqual(
        decisions.map(({ verdict, reasons }) => `${verdict} ${reasons[0]?.code}`),
        ['deny unresolved-pusher'],
      );
      assert.equal(stage.published(), before);
    });

    it('are never run as options of hg, whatever is in them', async () => {
      const node = await stage.infra.node('.');
      const alias = `--config=alias.log=!>${canary}`;
      const good = told(node);
      const statuses = [];
      for (const part of [node, 'refs/heads/branch/default', '"default"', '/infra', 'jane'])
        for (const name of [alias, '--debugger', `default\\n${alias}`])
          statuses.push(
            (await send(good.replaceAll(part, part.startsWith('"') ? `"${name}"` : part === '/infra' ? `/${name}` : name))).status,
          );
      assert.deepEqual(
        statuses.filter((status) => ![200, 202, 400, 422].includes(status)),
        [],
      );
      await stage.quiet();
      assert.equal(existsSync(canary), false, 'a name was run as a command');
    });
  });
