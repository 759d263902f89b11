import assert from 'node:assert/strict';
import request from 'supertest';
import type { StreamHealth } from '#core/ports/event-stream.ts';
import { FakeEventStream } from '#core/ports/fake-event-stream.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { buildHealthApp, type HealthDeps } from '#server/app.ts';
import { hooksWorld } from './fakes.ts';

function deps(over: Partial<HealthDeps> = {}): HealthDeps {
  return {
    journal: { writable: () => Promise.resolve(true) },
    checkpoints: { health: () => ({ size: 0, trouble: { message: 'the disk is full', beganAt: 1 } }) },
    inventory: { health: () => [{ cluster: 'prod', state: 'unreachable', known: false, message: 'connect ECONNREFUSED', kinds: [] }] },
    sources: hooksWorld().deps.sources,
    sinks: {
      health: () =>
        Promise.resolve([{ name: 'chat', oldestAt: 1, trouble: { code: 'SINK_UNREACHABLE', message: 'it is away', beganAt: 1 } }]),
    },
    shutdown: new AbortController().signal,
    log: silentLog,
    ...over,
  };
}

describe('the probes', () => {
  it('/readyz is 200 while deliveries can be stored, whatever the clusters do', async () => {
    const answer = await request(buildHealthApp(deps())).get('/readyz');
    assert.deepEqual([answer.status, answer.text], [200, 'ok\n']);
  });

  it('/readyz is 503 while they cannot, and /healthz stays 200', async () => {
    const app = buildHealthApp(deps({ journal: { writable: () => Promise.resolve(false) } }));
    const answer = await request(app).get('/readyz');
    assert.deepEqual([answer.status, answer.text], [503, 'deliveries cannot be stored\n']);
    assert.equal((await request(app).get('/healthz')).status, 200);
  });

  it('/readyz is 503 from the moment that the process begins to stop', async () => {
    const answer = await request(buildHealthApp(deps({ shutdown: AbortSignal.abort() }))).get('/readyz');
    assert.deepEqual([answer.status, answer.text], [503, 'shutting down\n']);
  });

  it('/readyz?verbose lists checkpoints, clusters, sources and sinks without judging by them', async () => {
    const answer = await request(buildHealthApp(deps())).get('/readyz?verbose');
    assert.equal(answer.status, 200);
    assert.equal(
      answer.text,
      '[+] journal\n[-] checkpoints: the disk is full\n[-] cluster prod: unreachable (connect ECONNREFUSED)\n[+] source hub: github\n[-] sink chat: it is away\nok\n',
    );
  });

  it('/readyz?verbose tells how the stream of a source stands', async () => {
    const adapter = hooksWorld().deps.sources.get('hub');
    assert.ok(adapter);
    const lines = async (health: Partial<StreamHealth>): Promise<string> => {
      const sources = new Map([['hub', { ...adapter, stream: new FakeEventStream(health) }]]);
      return (await request(buildHealthApp(deps({ sources }))).get('/readyz?verbose')).text;
    };
    assert.match(await lines({ state: 'streaming' }), /^\[\+\] source hub: github, stream streaming$/m);
    assert.match(
      await lines({ state: 'wrong-key', message: 'add the key' }),
      /^\[-\] source hub: github, stream wrong-key \(add the key\)$/m,
    );
  });

  it('/readyz asks the journal once for probes that come together, and again for the next', async () => {
    let asked = 0;
    const gate = Promise.withResolvers<boolean>();
    const app = buildHealthApp(
      deps({
        journal: {
          writable: () => {
            asked++;
            return gate.promise;
          },
        },
      }),
    );
    let requests = 0;
    const arrived = Promise.withResolvers<void>();
    const server = app.listen(0, '127.0.0.1');
    server.on('request', () => {
      if (++requests === 3) arrived.resolve();
    });
    try {
      const answers = [1, 2, 3].map(() =>
        request(server)
          .get('/readyz')
          .then((answer) => answer.status),
      );
      await arrived.promise;
      gate.resolve(true);
      assert.deepEqual(await Promise.all(answers), [200, 200, 200]);
      assert.equal(asked, 1);
      await request(server).get('/readyz');
      assert.equal(asked, 2);
    } finally {
      server.close();
    }
  });

  it('answer nothing else', async () => {
    assert.equal((await request(buildHealthApp(deps())).get('/v1/status')).status, 404);
  });
});
