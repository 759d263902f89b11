import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { History } from '../conformance/read-back/history.ts';
import { configMap, readBacks, REPOSITORY, SECRET, startForgeWorld, type ForgeWorld } from './forge-world.ts';

const SCRIPT = '<script>alert(1)</script>';
/** Names that git takes for branches, and that mean something to a shell, a program, a page or a terminal. */
const BRANCHES = [
  '--upload-pack=touch${IFS}executed',
  '-oProxyCommand=touch${IFS}executed',
  '$(touch${IFS}executed)',
  "';touch${IFS}executed;'",
  `"${SCRIPT}&amp;`,
  '%2e%2e%2f%00%0a',
  'a\u202egnp.exe',
  'x'.repeat(244),
  'ü/ш/漢',
];
/** Names that git itself takes for no branch, though a payload may say them. */
const IMPOSSIBLE = [
  'a\nb',
  'a\u001b[31mb',
  'a\u0000b',
  'a\u009bb',
  'a b',
  '../x',
  'a..b',
  'a.lock',
  '',
  'a^{tree}',
  'a:b',
  '@{-1}',
  '*',
  'x'.repeat(245),
];

for (const by of readBacks) {
  describe(`a server that reads back by ${by}, with hostile names`, function () {
    this.timeout(120_000);
    let world: ForgeWorld;
    let history: History;
    before(async () => {
      world = await startForgeWorld({ by });
      history = new History(world.gitDirectory);
    });
    after(() => world.stop());

    /** No shell has run anything, wherever it would have been. */
    const assertNothingRan = () => {
      for (const directory of [world.directory, world.gitDirectory, process.cwd(), join(world.directory, 'data')])
        assert.equal(existsSync(join(directory, 'executed')), false, directory);
    };
    /** Text for a terminal, or a page, that does what it looks like. */
    const assertTame = (text: string) => {
      assert.doesNotMatch(text, /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u, 'a control character');
    };

    for (const branch of BRANCHES) {
      it(`confirms a push to ${JSON.stringify(branch.length > 40 ? `${branch.slice(0, 10)}… (${branch.length})` : branch)}, and shows it as it is`, async () => {
        const ref = `refs/heads/${branch}`;
        const pushed = await world.github.move(REPOSITORY, ref, await history.one('refs/heads/next', { a: branch }, world.first));
        const delivery = await world.settled(pushed.delivery?.id ?? '');
        assert.equal(delivery.state, 'done', delivery.reason ?? '');
        const { change, candidates } = await world.storyOf(pushed.after ?? '');
        assert.deepEqual([change.ref, change.confirmed, candidates.map(({ reason }) => reason)], [ref, true, ['other-ref']]);
        const page = await world.page(`/changes/${change.id}`);
        assert.ok(!page.includes(SCRIPT));
        assertTame(page.replaceAll(/[\t\n]/g, ''));
        const list = await world.page(`/changes?ref=${encodeURIComponent(ref)}`);
        assert.ok(!list.includes(SCRIPT) && list.includes(change.id));
        const { code, stdout, stderr } = await world.headgate(['trace', change.id]);
        assert.equal(code, 0, stderr);
        assertTame(stdout.replaceAll('\n', ''));
        assertNothingRan();
      });
    }

    it('refuses refs and repositories that no forge has, with 400', async () => {
      for (const name of IMPOSSIBLE) {
        const { status, code } = await send({ ref: `refs/heads/${name}` });
        assert.deepEqual([status, code], [400, 'PAYLOAD_INVALID'], JSON.stringify(name));
      }
      for (const full_name of [
        'org/app\n',
        '../../etc/passwd',
        'org/../app',
        '--upload-pack=x/y z',
        'org/app/..',
        SCRIPT,
        `${'o'.repeat(255)}/a`,
      ]) {
        const { status, code } = await send({ repository: { full_name, pushed_at: 1 } });
        assert.deepEqual([status, code], [400, 'PAYLOAD_INVALID'], full_name);
      }
    });

    it('deploys a push whose files and message have hostile names, and shows them tamed', async () => {
      const hostile = [
        '--upload-pack=touch executed',
        `${SCRIPT}.html`,
        'two\nlines',
        'esc\u001b[31m',
        'rtl\u202egnp.exe',
        '$(touch executed)',
        'ü'.repeat(127),
      ];
      const files = Object.fromEntries(hostile.map((name) => [`deploy/${name}`, 'x']));
      const message = `${SCRIPT} \u001b[31m \u202e\n\n\u0007`;
      const [head = ''] = await history.commit(
        'refs/heads/next',
        [{ files: { ...files, 'deploy/webapp.yaml': configMap('hostile') }, message }],
        world.first,
      );
      await world.github.move(REPOSITORY, 'refs/heads/main', head);
      await world.applied(head);
      const { change } = await world.storyOf(head, ({ reconciles }) => reconciles[0]?.outcome === 'applied');
      const { files: count, firstFiles, lacked } = change.readBack?.range ?? assert.fail('no range');
      assert.deepEqual(
        [count, [...firstFiles].sort(), lacked.includes('files')],
        [hostile.length + 1, [...Object.keys(files), 'deploy/webapp.yaml'].sort(), false],
      );
      const page = await world.page(`/changes/${change.id}`);
      assert.ok(!page.includes(SCRIPT));
      assertTame(page.replaceAll(/[\t\n]/g, ''));
      const { stdout } = await world.headgate(['trace', head]);
      assertTame(stdout.replaceAll('\n', ''));
      assertNothingRan();
    });

    /** A push that is signed, whatever it says. */
    async function send(fields: object): Promise<{ readonly status: number; readonly code: unknown }> {
      const push = {
        ref: 'refs/heads/main',
        before: world.first,
        after: world.first,
        forced: false,
        head_commit: null,
        repository: { full_name: REPOSITORY, pushed_at: 1 },
      };
      const body = JSON.stringify({ ...push, ...fields });
      const signature = createHmac('sha256', SECRET).update(body).digest('hex');
      const answer = await fetch(`${world.server.webhook.url}/hooks/hub`, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'x-github-event': 'push',
          'x-github-delivery': randomUUID(),
          'x-hub-signature-256': `sha256=${signature}`,
        },
      });
      const { code } = (await answer.json()) as { readonly code?: unknown };
      return { status: answer.status, code };
    }
  });
}
