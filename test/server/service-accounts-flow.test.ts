import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, type RunningServer } from '#server/main.ts';
import { startWorld, type World } from '../cli/world.ts';
import { AUDIENCE } from '../identity/signer.ts';
import { serviceAccountToken as tokenOf } from './service-account-token.ts';

interface Answer {
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly stories?: readonly {
      readonly change: { readonly subject: { readonly sub: string } };
      readonly decisions: readonly { readonly verdict: string; readonly rule: string }[];
    }[];
  };
}

const SUB = 'system:serviceaccount:ci:deployer';

describe('a server that asks its cluster whose tokens are', function () {
  this.timeout(60_000);
  let world: World;
  let server: RunningServer;
  let log: string;

  before(async () => {
    world = await startWorld();
    await world.server.close();
    const issuer = `{ name: prod-sa, cluster: prod, url: "https://kubernetes.default.svc.cluster.local" }`;
    appendFileSync(world.configPath, `  identity:\n    audience: ${AUDIENCE}\n    issuers: [ ${issuer} ]\n`);
    const policy = join(world.directory, 'policies/apps.yaml');
    writeFileSync(policy, `${readFileSync(policy, 'utf8')}  subjects: [ { issuer: prod-sa, match: { sub: "${SUB}" } } ]\n`);
    for (const name of ['deployer', 'other']) world.cluster.apply({ kind: 'ServiceAccount', metadata: { namespace: 'ci', name } });
    log = '';
    const stderr = { write: (line: string) => (log += line) };
    server = await startServer({ configPath: world.configPath, env: {}, stderr, signal: new AbortController().signal });
    for (;;) {
      const ready = await fetch(`${server.health.url}/readyz?verbose`);
      if ((await ready.text()).includes('[+] cluster prod')) break;
    }
  });
  after(async () => {
    await server.close();
    await world.stop();
  });

  async function ask(token: string): Promise<Answer> {
    const response = await fetch(`${server.web.url}/v1/reconciles`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ cluster: 'prod', namespace: 'apps', kind: 'GitRepository', name: 'webapp', force: true }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  it('decides what a service account of the cluster asks for, by its name', async () => {
    const { status, body } = await ask(await tokenOf(world.cluster, 'deployer'));
    assert.equal(status, 202, JSON.stringify(body));
    const [story] = body.stories ?? [];
    assert.equal(story?.change.subject.sub, SUB);
    assert.deepEqual(
      story?.decisions.map(({ verdict, rule }) => `${verdict}: ${rule}`),
      ['allow: apps changes[0], apps subjects[0]'],
    );
    const other = await ask(await tokenOf(world.cluster, 'other'));
    assert.deepEqual([other.status, other.body.code], [403, 'DENIED']);
  });

  it('refuses a token for another audience, and that of an account that is gone', async () => {
    assert.equal((await ask(await tokenOf(world.cluster, 'deployer', 'https://other.example.com'))).status, 401);
    const token = await tokenOf(world.cluster, 'other');
    world.cluster.remove('ServiceAccount', 'ci', 'other');
    assert.equal((await ask(token)).status, 401);
    assert.match(log, /"issuer":"prod-sa","reason":"review-refused","detail":"[^"]*invalidated/);
  });

  it('answers 503, and decides nothing, while it may not ask or the cluster is away', async () => {
    const token = await tokenOf(world.cluster, 'deployer');
    world.cluster.refuse('create', 'TokenReview');
    const refused = await ask(token);
    assert.deepEqual([refused.status, refused.body.code], [503, 'TOKEN_REVIEW_UNAVAILABLE']);
    world.cluster.allow('create', 'TokenReview');
    await world.cluster.kill();
    const away = await ask(token);
    assert.deepEqual([away.status, away.body.code], [503, 'TOKEN_REVIEW_UNAVAILABLE']);
    await world.cluster.restart();
    for (;;) {
      const { status, body } = await ask(token);
      if (status === 503) continue;
      assert.equal(status, 202, JSON.stringify(body));
      break;
    }
  });
});
