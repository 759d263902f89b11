import assert from 'node:assert/strict';
import type http from 'node:http';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import type { Connection } from '#k8s/connection.ts';
import { KindWatch, type WatchSink } from '#k8s/kind-watch.ts';
import { fluxKinds } from '#k8s/kinds.ts';
import { answer, type ApiServer, apiServer, connectTo, kubeconfig, type Received, refuse, until } from './api-server.ts';

interface Thing {
  readonly metadata: { readonly name: string; readonly resourceVersion: string; readonly note?: string };
}

const thing = (name: string, resourceVersion: number, note?: string): Thing => ({
  metadata: { name, resourceVersion: String(resourceVersion), ...(note === undefined ? {} : { note }) },
});

/** Keeps what a watch delivers, and writes down how. */
class Sink implements WatchSink<Thing> {
  readonly calls: string[] = [];
  readonly things = new Map<string, Thing>();
  read(raw: unknown): Thing | undefined {
    const value = raw as Thing;
    return value.metadata.name === 'odd' ? undefined : value;
  }
  replace(objects: readonly Thing[]): void {
    this.things.clear();
    for (const object of objects) this.things.set(object.metadata.name, object);
    this.calls.push(`replace ${objects.map((object) => object.metadata.name).join(',')}`);
  }
  upsert(object: Thing): void {
    this.things.set(object.metadata.name, object);
    this.calls.push(`upsert ${object.metadata.name}@${object.metadata.resourceVersion}`);
  }
  remove(object: Thing): void {
    this.things.delete(object.metadata.name);
    this.calls.push(`remove ${object.metadata.name}`);
  }
}

const list = (version: number, items: readonly Thing[], next?: string): object => ({
  kind: 'List',
  metadata: { resourceVersion: String(version), ...(next === undefined ? {} : { continue: next }) },
  items,
});
const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;

describe('the watch of a kind', () => {
  let server: ApiServer;
  let sink: Sink;
  let clock: SimulatedClock;
  let watch: KindWatch<Thing>;
  let restarts: string[];
  let heard: [string, number | null] | undefined;
  let connection: Connection;
  let remove: () => void;
  /** Open watch responses, oldest first. */
  let open: http.ServerResponse[];
  let lists: (request: Received, response: http.ServerResponse) => void;
  let watches: (request: Received, response: http.ServerResponse) => void;

  const hold = (_: Received, response: http.ServerResponse): void => {
    response.writeHead(200).flushHeaders();
    open.push(response);
  };
  const state = (): string => watch.status.state;
  const watched = (): readonly Received[] => server.requests.filter((request) => request.query.get('watch') === '1');
  const listed = (): readonly Received[] => server.requests.filter((request) => request.query.get('watch') === null);
  const last = (): http.ServerResponse => {
    const response = open.at(-1);
    if (!response) throw new Error('no watch is open');
    return response;
  };
  /** Moves the clock in steps until something holds, so that back-offs of any length pass. */
  const eventually = async (condition: () => boolean, what: string): Promise<void> => {
    for (let step = 0; step < 400 && !condition(); step++) {
      await clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 1)); // real I/O needs real time
    }
    assert.ok(condition(), `never happened: ${what}`);
  };

  beforeEach(async () => {
    open = [];
    restarts = [];
    lists = (_, response) => answer(response, 200, list(10, [thing('a', 1), thing('b', 2)]));
    watches = hold;
    server = await apiServer((request, response) => (request.query.get('watch') === '1' ? watches : lists)(request, response));
    const config = kubeconfig(server.url);
    remove = config.remove;
    clock = new SimulatedClock();
    const timers: Clock = clock;
    connection = connectTo(config.path, timers);
    sink = new Sink();
    const [kind] = fluxKinds;
    if (!kind) throw new Error('there are kinds');
    const metrics = {
      watchRestarted: (_: string, __: string, cause: string) => void restarts.push(cause),
      watchHeard: (_: string, kindName: string, at: number | null) => void (heard = [kindName, at]),
    };
    watch = new KindWatch({ kind, connection, sink, clock, log: silentLog, metrics, onStatus() {} });
  });
  afterEach(async () => {
    await watch.stop();
    connection.close();
    await server.close();
    remove();
  });
  const begin = async (): Promise<void> => {
    watch.start();
    await until(() => open.length === 1, 'the watch opens');
    await until(() => state() === 'synced', 'the kind is synced');
  };

  it('lists, then watches from there with bookmarks and a time limit', async () => {
    await begin();
    assert.deepEqual(sink.calls, ['replace a,b']);
    const [request] = watched();
    assert.equal(request?.path, '/apis/source.toolkit.fluxcd.io/v1/gitrepositories');
    assert.equal(request?.query.get('resourceVersion'), '10');
    assert.equal(request?.query.get('allowWatchBookmarks'), 'true');
    const timeout = Number(request?.query.get('timeoutSeconds'));
    assert.ok(timeout >= limits.kube.watchTimeoutSeconds && timeout <= limits.kube.watchTimeoutSeconds * 1.25);
    assert.equal(watch.status.known, true);
  });

  it('lists in pages', async () => {
    lists = (request, response) => {
      const next = request.query.get('continue');
      answer(response, 200, next === null ? list(10, [thing('a', 1)], 'more') : list(10, [thing('b', 2)]));
    };
    await begin();
    assert.deepEqual(sink.calls, ['replace a,b']);
    assert.deepEqual(
      listed().map((request) => `${request.query.get('limit') ?? ''} ${request.query.get('continue') ?? ''}`),
      [`${limits.kube.listPage} `, `${limits.kube.listPage} more`],
    );
  });

  it('reads the whole in one answer when the pages expire while they are turned', async () => {
    lists = (request, response) => {
      if (request.query.get('continue') !== null) refuse(response, 410, 'The provided continue parameter is too old');
      else if (request.query.get('limit') === null) answer(response, 200, list(12, [thing('a', 1), thing('b', 2)]));
      else answer(response, 200, list(10, [thing('a', 1)], 'more'));
    };
    await begin();
    assert.deepEqual(sink.calls, ['replace a,b']);
    assert.equal(watched()[0]?.query.get('resourceVersion'), '12');
  });

  it('delivers additions, changes and deletions, and leaves out what cannot be read', async () => {
    await begin();
    last().write(
      line('ADDED', thing('c', 11)) + line('MODIFIED', thing('a', 12)) + line('ADDED', thing('odd', 13)) + line('DELETED', thing('b', 14)),
    );
    await until(() => sink.calls.length === 4, 'all is delivered');
    assert.deepEqual(sink.calls.slice(1), ['upsert c@11', 'upsert a@12', 'remove b']);
    assert.deepEqual([...sink.things.keys()], ['a', 'c']);
  });

  it('understands lines that arrive in pieces, cut inside characters too', async () => {
    await begin();
    const bytes = Buffer.from(line('ADDED', thing('c', 11, 'Grüße 🎉')) + line('ADDED', thing('d', 12)));
    for (const byte of bytes) await new Promise<void>((resolve) => void last().write(Buffer.of(byte), () => resolve()));
    await until(() => sink.things.has('d'), 'both lines are delivered');
    assert.equal(sink.things.get('c')?.metadata.note, 'Grüße 🎉');
  });

  it('goes on from the last version, bookmarks included, when the server ends the watch', async () => {
    await begin();
    last().write(line('ADDED', thing('c', 11)) + line('BOOKMARK', { metadata: { resourceVersion: '40' } }));
    await until(() => sink.things.has('c'), 'the line is delivered');
    last().end();
    await eventually(() => open.length === 2, 'the watch opens again');
    assert.equal(watched()[1]?.query.get('resourceVersion'), '40');
    assert.equal(listed().length, 1);
    assert.equal(state(), 'synced');
  });

  it('goes on from the last version when the connection is cut', async () => {
    await begin();
    last().write(line('ADDED', thing('c', 11)));
    await until(() => sink.things.has('c'), 'the line is delivered');
    server.cut();
    await eventually(() => open.length === 2, 'the watch opens again');
    assert.equal(watched().at(-1)?.query.get('resourceVersion'), '11');
    assert.equal(listed().length, 1);
  });

  it('lists again when the version has expired by an answer of 410, announcing nothing twice', async () => {
    await begin();
    let refused = 0;
    watches = (request, response) => {
      if (refused++ === 0) refuse(response, 410, 'too old resource version');
      else hold(request, response);
    };
    lists = (_, response) => answer(response, 200, list(50, [thing('a', 1)]));
    last().end();
    await eventually(() => open.length === 2, 'the watch opens again');
    assert.deepEqual(sink.calls, ['replace a,b', 'replace a']);
    assert.equal(watched().at(-1)?.query.get('resourceVersion'), '50');
    assert.deepEqual(restarts, ['expired']);
  });

  it('lists again when the version has expired by an ERROR line', async () => {
    await begin();
    last().write(line('ERROR', { kind: 'Status', code: 410, message: 'too old resource version: 10 (50)' }));
    await eventually(() => open.length === 2, 'the watch opens again');
    assert.equal(listed().length, 2);
    assert.equal(state(), 'synced');
  });

  it('lists again after any other ERROR line, and shows it meanwhile', async () => {
    await begin();
    lists = (_, response) => refuse(response, 500, 'etcdserver: no leader');
    last().write(line('ERROR', { kind: 'Status', code: 500, message: 'etcdserver: request timed out' }));
    await until(() => state() === 'failing', 'it fails');
    assert.match(watch.status.message ?? '', /request timed out/);
    await eventually(() => /no leader/.test(watch.status.message ?? ''), 'the list is tried');
    lists = (_, response) => answer(response, 200, list(60, [thing('a', 1)]));
    await eventually(() => state() === 'synced' && open.length === 2, 'it recovers');
    assert.equal(watched().at(-1)?.query.get('resourceVersion'), '60');
  });

  for (const [what, text] of [
    ['that is no JSON', 'HTTP/1.1 502 Bad Gateway\n'],
    ['of an unknown type', line('SURPRISE', thing('x', 1))],
    ['without a version', line('ADDED', { metadata: {} })],
    ['that never ends', 'x'.repeat(limits.kube.watchLineBytes + 1)],
  ] as const) {
    it(`lists again after a line ${what}, because it may have hidden a change`, async () => {
      await begin();
      last().write(text);
      await until(() => state() === 'failing', 'it is noticed');
      await eventually(() => open.length === 2, 'the watch opens again');
      assert.equal(listed().length, 2);
    });
  }

  it('gives up a watch that has fallen silent and goes on from the last version', async () => {
    await begin();
    await clock.advance(limits.kube.watchSilence / 2);
    last().write(line('ADDED', thing('c', 33)));
    await until(() => sink.things.has('c'), 'a sign of life');
    assert.deepEqual(heard, [fluxKinds[0]?.kind, clock.now()]);
    await clock.advance(limits.kube.watchSilence - 1);
    assert.equal(open.length, 1);
    await clock.advance(1);
    await until(() => open.length === 2, 'the watch opens again');
    assert.equal(watched().at(-1)?.query.get('resourceVersion'), '33');
    assert.equal(listed().length, 1);
    assert.deepEqual(restarts, ['silence']);
  });

  it('looks for a kind that is not served until it appears', async () => {
    lists = (_, response) => refuse(response, 404, 'the server could not find the requested resource');
    watch.start();
    await until(() => state() === 'absent', 'it is absent');
    assert.equal(watch.status.known, true);
    await clock.advance(limits.kube.absentKindRetry - 1);
    assert.equal(server.requests.length, 1);
    lists = (_, response) => answer(response, 200, list(10, [thing('a', 1)]));
    await eventually(() => state() === 'synced', 'it appears');
    assert.deepEqual(sink.calls, ['replace a']);
  });

  it('lets the objects of a kind leave when it is no longer served, but not at the first 404', async () => {
    await begin();
    const missing = (_: Received, response: http.ServerResponse): void => refuse(response, 404, 'not found');
    watches = missing;
    lists = missing;
    last().end();
    await eventually(() => state() === 'failing', 'the first 404');
    assert.equal(sink.things.size, 2);
    await eventually(() => state() === 'absent', 'the second 404');
    assert.deepEqual(heard, [fluxKinds[0]?.kind, null]);
    assert.equal(sink.things.size, 0);
    assert.deepEqual(sink.calls, ['replace a,b', 'replace ']);
  });

  it('says what the server refuses, and goes on trying', async () => {
    lists = (_, response) => refuse(response, 403, 'gitrepositories is forbidden: User "x" cannot list');
    watch.start();
    await until(() => state() === 'failing', 'it fails');
    assert.equal(watch.status.refused, true);
    assert.equal(watch.status.known, false);
    assert.match(watch.status.message ?? '', /cannot list/);
    lists = (_, response) => answer(response, 200, list(10, []));
    await eventually(() => state() === 'synced', 'it recovers');
    assert.equal(watch.status.message, null);
  });

  it('keeps its objects while the server is away, and asks ever more seldom', async () => {
    await begin();
    const gone = (_: Received, response: http.ServerResponse): void => void response.socket?.resetAndDestroy();
    watches = gone;
    lists = gone;
    server.cut();
    await eventually(() => state() === 'failing', 'it fails');
    const before = server.requests.length;
    for (let second = 0; second < 60; second++) {
      await clock.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const asked = server.requests.length - before;
    assert.ok(asked >= 3 && asked <= 30, `asked ${asked} times in a minute`);
    assert.equal(sink.things.size, 2);
    watches = hold;
    await eventually(() => state() === 'synced', 'it recovers');
    assert.equal(listed().length, 1, 'the version is still good');
  });

  it('does not spin when every watch ends at once', async () => {
    watches = (_, response) => response.writeHead(200).end();
    watch.start();
    await until(() => watched().length >= 2, 'two watches');
    const before = watched().length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(watched().length - before <= 1, 'the clock stands still, so nothing may happen');
  });

  it('tries at once when it is told that the server answers again', async () => {
    lists = (_, response) => refuse(response, 503, 'starting');
    watch.start();
    await until(() => state() === 'failing', 'it fails');
    lists = (_, response) => answer(response, 200, list(10, []));
    await until(() => {
      watch.nudge();
      return state() === 'synced';
    }, 'it recovers without the clock');
  });

  it('stops at once, in the middle of a watch', async () => {
    await begin();
    await watch.stop();
    await until(() => open[0]?.destroyed ?? false, 'the connection closes');
  });
});
