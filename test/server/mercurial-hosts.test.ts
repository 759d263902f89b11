import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import request from 'supertest';
import { createHgAdapter } from '#adapters/hg/adapter.ts';
import { FakeBackEnd } from '#adapters/hg/fake-back-end.ts';
import { createHgReadBack } from '#adapters/hg/read-back.ts';
import { HgSource } from '#adapters/hg/schema.ts';
import type { Hint } from '#core/delivery.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { buildWebhookApp } from '#server/app.ts';
import { HgWorld } from '../handlers/hg-world.ts';
import { hooksWorld, type HooksWorld } from './fakes.ts';

const secret = 'the-secret-of-the-host';
const types = ['heptapod', 'rhodecode'] as const;
type Type = (typeof types)[number];

function adapterOf(type: Type): SourceAdapter {
  const readBack = createHgReadBack(new FakeBackEnd());
  const webhook = { secrets: [{ file: '/run/secrets/host' }] };
  const config = HgSource.parse({ name: type, type, url: 'https://hg.example.com', webhook, clone: {} });
  return createHgAdapter(config, () => [Buffer.from(secret)], { clock: { now: () => 0 }, readBack, content: readBack });
}

function world(): HooksWorld {
  const fakes = hooksWorld();
  return { ...fakes, deps: { ...fakes.deps, sources: new Map(types.map((type) => [type, adapterOf(type)])) } };
}

function fixture(type: Type, name: string, token = secret): Buffer {
  const text = readFileSync(new URL(`../fixtures/${type}/${name}.json`, import.meta.url), 'utf8');
  return Buffer.from(text.replace('{{secret}}', token));
}

/** As the host sends it. */
function post({ deps }: HooksWorld, type: Type, name: string, token = secret): request.Test {
  const sent = request(buildWebhookApp(deps)).post(`/hooks/${type}`).set('content-type', 'application/json');
  if (type === 'heptapod') void sent.set('x-gitlab-token', token);
  return sent.serialize((bytes: unknown) => bytes as string).send(fixture(type, name, token) as never);
}

const pushes: Readonly<Record<Type, string>> = { heptapod: 'push-branch', rhodecode: 'repo-push' };

const POLICY = `
apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: apps }
spec:
  targets: [ { clusters: [ "*" ], namespaces: [ apps ] } ]
  changes: [ { source: hub, repositories: [ infra ], refs: [ "branch:*" ], pushers: { people: [ jane ] } } ]
---
apiVersion: headgate.dev/v1alpha1
kind: Person
metadata: { name: jane }
spec: { accounts: [ { source: hub, account: 7 } ] }
`;

/** The changesets that the pushes above end with. */
const heads: Readonly<Record<Type, string>> = {
  heptapod: 'e4ece4a59998ec84e3062e0a584127c0a7963a2b',
  rhodecode: 'ad2a8f345818de151335c30206d53e9ab8ce9be2|acfc25764b8780b996f43fca5dcfca39a255bb50',
};

/** What is read of a push that has left `branch:default` of `infra` at a changeset. @param account who pushed */
function told(type: Type, node: string, account: number): Hint {
  const body = fixture(type, pushes[type])
    .toString('utf8')
    .replaceAll(new RegExp(heads[type], 'g'), node)
    .replaceAll('team/infra', 'infra')
    .replace('"user_id": 7', `"user_id": ${account}`);
  const reading = adapterOf(type).read('push', Buffer.from(body));
  assert.ok('hint' in reading);
  return reading.hint;
}

for (const type of types)
  describe(`POST /hooks/{source} of a source of type ${type}`, () => {
    it('takes a push once, and keeps no secret', async () => {
      const fakes = world();
      const first = await post(fakes, type, pushes[type]);
      assert.deepEqual([first.status, first.body], [202, { delivery: fakes.journal.rows[0]?.id }]);
      const again = await post(fakes, type, pushes[type]);
      assert.deepEqual([again.status, again.body], [200, first.body]);
      const [row, ...more] = fakes.journal.rows;
      assert.ok(row && more.length === 0);
      assert.ok(!JSON.stringify({ ...row, body: Buffer.from(row.body).toString('utf8') }).includes(secret));
      assert.ok(!JSON.stringify(fakes.lines).includes(secret));
    });

    it('keeps and ignores what is no push', async () => {
      const fakes = world();
      const other = type === 'heptapod' ? 'issue' : 'pullrequest-create';
      assert.equal((await post(fakes, type, other)).status, 202);
      assert.deepEqual(fakes.counted, [{ source: type, code: 'ignored' }]);
    });

    it('refuses another secret, and says nothing about the live one', async () => {
      const fakes = world();
      const answer = await post(fakes, type, pushes[type], 'another-secret-of-nobody');
      assert.deepEqual([answer.status, (answer.body as { code?: string }).code], [401, 'SIGNATURE_INVALID']);
      assert.ok(!JSON.stringify(answer.body).includes('secret-of'));
      assert.deepEqual(fakes.journal.rows, []);
    });

    it('tells policies who pushed, by the number of the account, where the repository bears it out', async () => {
      const hosts = await HgWorld.open();
      hosts.flow.policy = POLICY;
      try {
        const head = hosts.commit();
        await hosts.flow.deliver(told(type, head, 7));
        await hosts.handle();
        const newer = hosts.commit();
        await hosts.flow.deliver(told(type, newer, 8));
        await hosts.handle();
        const newest = hosts.commit();
        await hosts.flow.deliver(told(type, newer, 7));
        await hosts.handle();
        assert.deepEqual(await hosts.seen(), [
          `branch:default ${head} by jane: allow`,
          `branch:default ${newer} by jane: deny unresolved-pusher`,
          `branch:default ${newest} by nobody: deny no-pusher`,
        ]);
      } finally {
        await hosts.flow.close();
      }
    });
  });
