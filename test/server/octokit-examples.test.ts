import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import request from 'supertest';
import { z } from 'zod';
import { buildWebhookApp } from '#server/app.ts';
import { secret, sign } from '../adapters/github/deliveries.ts';
import { hooksWorld } from './fakes.ts';

const Definitions = z.array(z.object({ name: z.string(), examples: z.array(z.record(z.string(), z.unknown())) }));

interface Example {
  readonly folder: string;
  readonly event: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Every payload of every folder: api.github.com and the Enterprise Server releases. */
function allExamples(): readonly Example[] {
  const root = dirname(createRequire(import.meta.url).resolve('@octokit/webhooks-examples/package.json'));
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== 'node_modules');
  return folders.flatMap(({ name: folder }) =>
    Definitions.parse(JSON.parse(readFileSync(join(root, folder, 'index.json'), 'utf8'))).flatMap(({ name: event, examples }) =>
      examples.map((payload) => ({ folder, event, payload })),
    ),
  );
}

/** What a push example must become, worked out here from GitHub's documentation and not from the code under test. */
function expectedHint(payload: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const zeros = '0000000000000000000000000000000000000000';
  const { ref, before, after, created, deleted, forced } = payload;
  const repository = payload['repository'] as { full_name: string; pushed_at: number };
  const sender = payload['sender'] as { login: string; id: number };
  const pusher = payload['pusher'] as { name: string };
  assert.equal(pusher.name, sender.login, 'in all known examples the pusher is the sender');
  return {
    repository: repository.full_name,
    ref,
    before: before === zeros ? null : before,
    after: after === zeros ? null : after,
    commit: deleted === true ? null : (payload['head_commit'] as { id: string }).id,
    action: deleted === true ? 'deleted' : created === true ? 'created' : forced === true ? 'forced' : 'updated',
    occurredAt: new Date(`${new Date(repository.pushed_at * 1000).toISOString()}`).getTime(),
    actors: ['pusher', 'sender'].map((role) => ({ role, account: `${sender.id}`, name: sender.login, kind: 'human' })),
  };
}

describe('the payloads of @octokit/webhooks-examples', function () {
  this.timeout(60_000);
  const examples = allExamples();

  it('are all there', () => {
    assert.deepEqual([...new Set(examples.map(({ folder }) => folder))].sort(), [
      'api.github.com',
      'ghes-31',
      'ghes-32',
      'ghes-33',
      'ghes-34',
      'ghes-35',
    ]);
    assert.ok(examples.length >= 700, `${examples.length} examples`);
    assert.ok(new Set(examples.map(({ event }) => event)).size >= 58);
  });

  it('are each accepted, and each push becomes the right hint', async () => {
    const world = hooksWorld();
    const app = buildWebhookApp(world.deps);
    const server = createServer(app).listen(0, '127.0.0.1');
    const pushes: string[] = [];
    try {
      for (const [i, { event, folder, payload }] of examples.entries()) {
        const body = JSON.stringify(payload);
        const answer = await request(server)
          .post('/hooks/hub')
          .set({ 'content-type': 'application/json', 'x-github-event': event, 'x-github-delivery': `example-${i}` })
          .set('x-hub-signature-256', sign(Buffer.from(body), secret))
          .send(body);

        assert.equal(answer.status, 202, `${folder} ${event} #${i}: ${answer.text}`);
        const row = world.journal.rows[i];
        assert.deepEqual(answer.body, { delivery: row?.id });
        assert.equal(row?.body.length, Buffer.byteLength(body));
        if (event === 'push') {
          pushes.push(folder);
          assert.deepEqual(row?.reading, { hint: expectedHint(payload) }, `${folder} push #${i}`);
        } else {
          assert.ok(row && 'ignored' in row.reading && row.reading.ignored.includes(event), `${folder} ${event} #${i} has no reason`);
        }
      }
    } finally {
      server.close();
    }
    assert.equal(world.journal.rows.length, examples.length);
    assert.equal(pushes.length, 14);
  });
});
