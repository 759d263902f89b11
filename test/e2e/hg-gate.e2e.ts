import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { authenticate } from '#adapters/hg/authenticate.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { findSecretsInClear } from '#handlers/preflight/find-credentials.ts';
import { parseManifests } from '#handlers/preflight/parse-manifests.ts';
import { clientAddressBehind } from '#server/client-address.ts';
import type { PreflightBody } from '#server/preflight-body.ts';
import { sendProblem, toShown } from '#server/problem.ts';
import { preflightRoute } from '#server/routes/preflight.ts';
import { hookFile, makeHookHost, run, type HookHost } from './mercurial/hook-host.ts';
import { installMercurials, type Mercurial, type Mercurials } from './mercurial/install.ts';

const secret = 'the-secret-of-the-hg-host';
const good = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\n';
const bad = 'apiVersion: v1\nkind: Secret\nmetadata: { name: web }\nstringData: { password: hunter2 }\n';

let mercurials: Mercurials;
before(async function () {
  this.timeout(10 * 60_000); // the first time they are installed
  mercurials = await installMercurials();
});

for (const which of ['system', 'newest'] as const)
  describe(`the gate in the ${which} Mercurial`, function () {
    this.timeout(300_000);
    let server: Server;
    let asked: PreflightBody[];
    const hosts: HookHost[] = [];
    const mercurial = (): Mercurial => mercurials[which];
    beforeEach(async () => {
      asked = [];
      server = await listening(asked);
    });
    afterEach(async () => {
      server.close();
      server.closeAllConnections();
      await Promise.all(hosts.splice(0).map((one) => one.remove()));
    });

    async function host(...settings: readonly string[]): Promise<HookHost> {
      const { port } = server.address() as AddressInfo;
      const made = await makeHookHost(mercurial(), {
        url: 'http://127.0.0.1:9/hooks/hg',
        secret,
        hooks: [`pretxnclose.headgate = python:${hookFile}:pretxnclose`],
        settings: [
          `gate-url = http://127.0.0.1:${port}/v1/preflight`,
          'gate-source = hg',
          'gate-paths = apps',
          'gate-timeout = 20',
          ...settings,
        ],
      });
      hosts.push(made);
      return made;
    }
    /** Pushes; gives the exit code, and what was said. */
    const push = ({ env }: HookHost, clone: string, ...more: readonly string[]) => run(mercurial().hg, ['push', ...more], clone, env);
    const tipOf = async (at: HookHost, name = 'infra') =>
      (await at.hg(join(at.root, name), 'log', '--rev', 'tip', '--template', '{rev}')).said;

    it('lets pass what is right, and shows the whole of what is deployed as it is going to be', async () => {
      const at = await host();
      const clone = await at.repository('infra');
      await at.commit(clone, 'one', 'apps/web.yaml', good);
      await at.commit(clone, 'two', 'docs/readme.txt', 'elsewhere');
      const { code, said } = await push(at, clone);
      assert.deepEqual([code, /^headgate:/m.test(said)], [0, false], said);
      const revision = (await at.hg(clone, 'log', '--rev', 'tip', '--template', '{node}')).said;
      assert.deepEqual(asked, [
        {
          source: 'hg',
          repository: 'https://hg.example.com/infra',
          ref: 'branch:default',
          revision,
          files: [{ path: 'apps/web.yaml', text: good }],
        },
      ]);
    });

    it('refuses what is wrong, says where, and nothing of it stays', async () => {
      const at = await host();
      const clone = await at.repository('infra');
      await at.commit(clone, 'one', 'apps/web.yaml', bad);
      const { code, said } = await push(at, clone);
      assert.equal(code, 255, said);
      assert.match(said, /^headgate: error: apps\/web\.yaml:1: Secret web holds values in clear text/m);
      assert.ok(!said.includes('hunter2'));
      assert.equal(await tipOf(at), '-1');
    });

    it('asks about each branch and bookmark that moves, and about nothing where nothing is deployed', async () => {
      const at = await host();
      const clone = await at.repository('infra');
      await at.commit(clone, 'one', 'docs/readme.txt', 'elsewhere');
      await push(at, clone);
      assert.equal(asked.length, 0);
      await at.commit(clone, 'two', 'apps/web.yaml', good);
      await at.hg(clone, 'branch', 'stable');
      await at.commit(clone, 'three', 'apps/more.yaml', good);
      await at.hg(clone, 'bookmark', 'prod');
      const { code, said } = await push(at, clone, '--new-branch', '--bookmark', 'prod');
      assert.equal(code, 0, said);
      assert.deepEqual(
        asked.map(({ ref, files }) => [ref, files.map(({ path }) => path)]),
        [
          ['branch:default', ['apps/web.yaml']],
          ['branch:stable', ['apps/more.yaml', 'apps/web.yaml']],
          ['bookmark:prod', ['apps/more.yaml', 'apps/web.yaml']],
        ],
      );
    });

    it('stays open when Headgate is away, unless it is configured closed', async () => {
      for (const [settings, expected, left] of [
        [[], 0, '0'],
        [['gate = closed'], 255, '-1'],
      ] as const) {
        const at = await host('gate-url = http://127.0.0.1:9/v1/preflight', ...settings);
        const clone = await at.repository('infra');
        await at.commit(clone, 'one', 'apps/web.yaml', good);
        const { code, said } = await push(at, clone);
        assert.deepEqual([code, await tipOf(at)], [expected, left], said);
        assert.match(said, /^headgate: manifests were not looked at \(Connection refused\)/m);
      }
    });

    it('takes no answer for a yes that is none: a wrong secret, a closed gate', async () => {
      const at = await host('gate = closed');
      const clone = await at.repository('infra');
      await at.commit(clone, 'one', 'apps/web.yaml', good);
      const other = await run('sh', ['-c', 'echo another-secret-of-nobody > "$0"', at.secretFile], at.directory, at.env);
      assert.equal(other.code, 0);
      const { code, said } = await push(at, clone);
      assert.deepEqual([code, asked], [255, []], said);
      assert.match(said, /not looked at \(answered 401 SIGNATURE_INVALID\): refused, because the gate is closed/);
    });
  });

/** The route of the server, with the authentication of the source; what it finds is Secrets in clear. */
async function listening(asked: PreflightBody[]): Promise<Server> {
  const source = {
    authenticate: ({ headers, body }) => void authenticate({ headers, body }, [Buffer.from(secret)], Date.now()),
  } satisfies Pick<SourceAdapter, 'authenticate'>;
  const app = express().use(
    preflightRoute({
      operatorToken: { accepts: () => false },
      tokens: null,
      logins: null,
      openReading: false,
      clientAddress: clientAddressBehind([]),
      sources: new Map([['hg', source as unknown as SourceAdapter]]),
      preflight(question) {
        asked.push(question);
        const findings = findSecretsInClear(parseManifests(question.files).manifests);
        return Promise.resolve({ verdict: findings.length > 0 ? 'refuse' : 'pass', findings });
      },
    }),
  );
  app.use((error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) =>
    sendProblem(response, toShown(error)),
  );
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
