import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sendMessage } from '#sandbox/hg/hook.ts';
import { configMap } from '../conformance/cluster/flux-objects.ts';
import { hasEnded, reconcileOf } from './headgate/api.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { installMercurials } from './mercurial/install.ts';
import { NAMESPACE, openHgStage, type HgStage } from './mercurial/stage.ts';

const run = promisify(execFile);
const launcher = join(import.meta.dirname, '..', '..', 'bin', 'headgate');

for (const which of ['system', 'newest'] as const)
  describe(`what the ${which} Mercurial would take for options, in every input of a whole server with clones`, function () {
    this.timeout(300_000);
    let stage: HgStage;
    /** The file that hg would make if it took a name for an option. */
    let canary: string;
    /** As a name, hg allows it; it has no colon and no space. */
    let alias: string;
    let hostile: readonly string[];

    before(async function () {
      this.timeout(600_000); // the first time the versions of Mercurial are installed
      const mercurial = (await installMercurials())[which];
      canary = `/tmp/headgate-canary-${process.pid}-${which}`;
      alias = `--config=alias.log=!>${canary}`;
      hostile = [alias, '--debugger', '-R/etc', '--cwd=/', `ext::sh -c >${canary}`, `default\n${alias}`, `default" or "${alias}`];
      const publish = {
        default: 'branch:default',
        'of-branch': `branch:${alias}`,
        'of-bookmark': 'bookmark:--debugger',
        'of-tag': `tag:${alias}@branch:default`,
      };
      stage = await openHgStage({ mercurial, by: 'clone', publish });
    });
    afterEach(() => assert.equal(existsSync(canary), false, 'a name was run as a command'));
    after(async function () {
      rmSync(canary, { force: true });
      await stage?.close(hasFailed(this));
    });

    /** Runs hg as somebody who knows what a name can do. */
    const hg = (...args: readonly string[]): Promise<string> =>
      stage.host.account.hg(stage.infra.path, args, { environment: { HGPLAIN: '+strictflags' } });
    const post = async (path: string, body: unknown): Promise<{ readonly status: number; readonly code: string }> => {
      const token = readFileSync(join(stage.headgate.directory, 'data', 'operator.token'), 'utf8').trim();
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const answer = await fetch(`${stage.headgate.web}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      const { code } = (await answer.json()) as { readonly code?: string };
      return { status: answer.status, code: code ?? '' };
    };

    it('would be run by hg itself, where they are given as a revision', async () => {
      await stage.infra.commit({ 'apps/pay/web.yaml': configMap('web', { version: 'first' }) });
      await stage.infra.hg('log', '--rev', alias);
      assert.equal(existsSync(canary), true);
      rmSync(canary);
      await stage.infra.hg('push', '--quiet');
      await stage.headgate.api.storyWhen(await stage.infra.node('.'), hasEnded);
    });

    it('are names like others as branch, bookmark, tag and file: deployed or denied, and never run', async () => {
      const first = await stage.infra.node('.');
      await hg('bookmark', '--inactive', `--rev=${first}`, '--', '--debugger');
      await hg('tag', `--rev=${first}`, '--', alias);
      const tagging = await stage.infra.node('.');
      await hg('branch', '--quiet', '--', alias);
      const files = [`--config=alias.cat=!>${canary.replaceAll('/', '-')}.yaml`, '--debugger.yaml', '-R.yaml'];
      const contents = files.map((file, index) => [`apps/pay/${file}`, configMap(`odd-${index}`, { version: 'odd' })]);
      const odd = await stage.infra.commit(Object.fromEntries(contents));
      await hg('push', '--quiet', '--new-branch');
      // hg says with 1 that no changeset went with it.
      await assert.rejects(hg('push', '--quiet', '--bookmark=--debugger'), { code: 1 });

      const onBranch = await stage.headgate.api.storyWhen(odd, hasEnded);
      assert.deepEqual([onBranch.change.ref, reconcileOf(onBranch, 'of-branch').outcome], [`branch:${alias}`, 'applied']);
      assert.ok(stage.cluster.get('ConfigMap', NAMESPACE, 'odd-2'));
      await stage.quiet();
      assert.ok(stage.published('of-bookmark')?.endsWith(first));
      const verdicts = (await stage.headgate.api.all<{ readonly verdict: string; readonly target: { readonly name: string } }>('decisions'))
        .filter(({ target }) => target.name === 'of-tag')
        .map(({ verdict }) => verdict);
      assert.deepEqual([verdicts, stage.published('of-tag')], [['deny'], null], 'nobody signed it');
      await stage.infra.hg('update', '--quiet', '--clean', `--rev=${tagging}`);
    });

    it('in what the hook sends are refused, or news of nothing', async () => {
      const { url } = stage.host;
      const node = await stage.infra.node('.');
      const good = { v: 1, type: 'hg.txn', repo: `${url}/infra`, node, node_last: node, pusher: { name: 'mallory', via: 'REMOTE_USER' } };
      let sent = 0;
      for (const name of hostile) {
        const bodies: readonly (readonly [status: number, object])[] = [
          [400, { node: name }],
          [400, { node_last: name }],
          [name.includes('\n') || name.includes(' ') ? 422 : 202, { repo: `${url}/${name}` }],
          [422, { repo: name }],
          [202, { bookmarks: { [name]: [null, node] } }],
          [400, { bookmarks: { prod: [null, name] } }],
          [name.includes('\n') ? 400 : 202, { pusher: { name, via: name } }],
        ];
        for (const [status, part] of bodies) {
          const message = { id: `TXN:${String(++sent).padStart(40, '0')}`, body: JSON.stringify({ ...good, ...part }) };
          const { hook, secret } = stage.headgate;
          const answered = await sendMessage({ url: hook, secret }, message, Date.now(), AbortSignal.timeout(60_000));
          assert.equal(answered, status, message.body);
        }
      }
      await stage.quiet();
    });

    it('in questions and requests are refused with a code, or answered', async () => {
      const repository = 'infra';
      const ref = 'branch:default';
      const request = { cluster: 'prod', namespace: NAMESPACE, kind: 'OCIRepository', name: 'default' };
      for (const name of hostile) {
        const refused = [
          await post('/v1/reconciles', { ...request, revision: name }),
          await post('/v1/explain', { repository, ref, revision: name }),
          await post('/v1/explain', { repository, ref: name }),
          await post('/v1/preflight', { source: 'hub', repository, ref, revision: name, files: [] }),
          await post('/v1/preflight', { source: 'hub', repository, ref: name, files: [] }),
        ];
        for (const { status, code } of refused) assert.deepEqual([status, code], [400, 'REQUEST_INVALID'], name);
        const answers = [
          await post('/v1/reconciles', { ...request, name }),
          await post('/v1/explain', { repository: name, ref }),
          await post('/v1/explain', { repository, ref: `branch:${name}`, revision: 'a'.repeat(40), paths: [name] }),
          await post('/v1/explain', { source: 'hub', event: 'hg.txn', payload: { v: 1, type: 'hg.txn', repo: name, node_last: name } }),
          await post('/v1/preflight', { source: 'hub', repository: name, ref, files: [{ path: name, text: '' }] }),
          await post('/v1/preflight', {
            source: 'hub',
            repository,
            ref: `bookmark:${name}`,
            files: [{ path: `apps/${name}`, text: name }],
          }),
        ];
        for (const { status, code } of answers)
          assert.ok(status === 200 || (status < 500 && /^[A-Z_]+$/.test(code)), `${name}: ${status} ${code}`);
      }
    });

    it('on the command line end with a code, and what is right goes on working', async () => {
      const config = join(stage.headgate.directory, 'headgate.yaml');
      const cli = async (...args: readonly string[]): Promise<number> => {
        const ran = run(launcher, [...args], { cwd: stage.headgate.directory, env: { ...process.env, HEADGATE_CONFIG: config } });
        return ran.then(
          () => 0,
          (error: { readonly code: number }) => error.code,
        );
      };
      const object = ['OCIRepository/default', '--namespace', NAMESPACE, '--cluster', 'prod'];
      const codes = await Promise.all([
        cli('trace', '--', alias),
        cli('trace', `default\n${alias}`),
        cli('reconcile', ...object, `--revision=${alias}`),
        cli('explain', '--repo=infra', '--ref=branch:default', `--rev=${alias}`),
        cli('explain', `--repo=${alias}`, `--ref=branch:${alias}`),
      ]);
      assert.ok(
        codes.every((code) => [2, 3, 7].includes(code)),
        codes.join(),
      );
      const node = await stage.infra.commit({ 'apps/pay/web.yaml': configMap('web', { version: 'last' }) });
      await stage.infra.hg('push', '--quiet');
      assert.equal(reconcileOf(await stage.headgate.api.storyWhen(node, hasEnded), 'default').outcome, 'applied');
    });
  });
