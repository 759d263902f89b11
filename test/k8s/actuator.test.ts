import assert from 'node:assert/strict';
import type http from 'node:http';
import { systemClock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { TargetRef } from '#core/target.ts';
import { KubeActuator } from '#k8s/actuator.ts';
import { answer, type ApiServer, apiServer, connectTo, kubeconfig, type Received, refuse, until } from './api-server.ts';
import { gitRepository, parsed, target, wanted } from './samples.ts';

describe('the actuator', () => {
  let server: ApiServer;
  let actuator: KubeActuator;
  let stored: unknown[];
  let finish: () => void;
  /** Requests that wait for their answer. */
  let held: { readonly request: Received; readonly response: http.ServerResponse }[];

  const object = parsed(gitRepository(wanted));
  const hold = (request: Received, response: http.ServerResponse): void => void held.push({ request, response });
  const named = (name: string): TargetRef => ({ ...target, name });
  const order = (n: number): { token: string; run: string } => ({ token: `t${n}`, run: `rec_${n}` });
  const release = (): void => {
    for (const { response } of held.splice(0)) answer(response, 200, {});
  };

  beforeEach(async () => {
    held = [];
    stored = [];
    server = await apiServer((_, response) => answer(response, 200, { hello: 1 }));
    const config = kubeconfig(server.url);
    const connection = connectTo(config.path);
    actuator = new KubeActuator({
      connections: new Map([['prod', connection]]),
      find: ({ name }) => (name === 'app' ? object : undefined),
      stored: (_, raw) => void stored.push(raw),
      clock: systemClock,
    });
    finish = () => {
      connection.close();
      config.remove();
    };
  });
  afterEach(async () => {
    finish();
    await server.close();
  });

  it('asks by one merge patch of two annotations under its own field manager', async () => {
    await actuator.requestReconcile(target, order(1));
    const [request] = server.requests;
    assert.equal(request?.method, 'PATCH');
    assert.equal(request.path, '/apis/source.toolkit.fluxcd.io/v1/namespaces/apps/gitrepositories/app');
    assert.equal(request.query.toString(), 'fieldManager=headgate');
    assert.equal(request.headers['content-type'], 'application/merge-patch+json');
    assert.deepEqual(JSON.parse(request.body), {
      metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 't1', 'event.toolkit.fluxcd.io/headgate-run': 'rec_1' } },
    });
    assert.deepEqual(stored, [{ hello: 1 }]);
  });

  it('patches one object once at a time, in the order of asking', async () => {
    server.handle(hold);
    const asked = [1, 2, 3].map((n) => actuator.requestReconcile(target, order(n)));
    for (const n of [1, 2, 3]) {
      await until(() => held.length === 1, `patch ${n} arrives`);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(held.length, 1);
      assert.match(held[0]?.request.body ?? '', new RegExp(`rec_${n}`));
      release();
    }
    await Promise.all(asked);
  });

  it('patches different objects at once, but not more of them than the bound', async () => {
    server.handle(hold);
    const asked = Array.from({ length: 40 }, (_, n) => actuator.requestReconcile(named(`app-${n}`), order(n)));
    await until(() => held.length === limits.kube.patchConcurrency, 'the bound is reached');
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(held.length, limits.kube.patchConcurrency);
    const timer = setInterval(release, 1);
    await Promise.all(asked);
    clearInterval(timer);
  });

  it('lets a busy object wait without holding up the others', async () => {
    server.handle(hold);
    const asked = [named('busy'), named('busy'), named('free')].map((one, n) => actuator.requestReconcile(one, order(n)));
    await until(() => held.length === 2, 'two patches arrive');
    assert.deepEqual(
      held.map(({ request }) => request.path.split('/').at(-1)),
      ['busy', 'free'],
    );
    const timer = setInterval(release, 1);
    await Promise.all(asked);
    clearInterval(timer);
  });

  it('needs no more TCP connections for 300 patches than it sends at once', async () => {
    await Promise.all(Array.from({ length: 300 }, (_, n) => actuator.requestReconcile(named(`app-${n}`), order(n))));
    assert.equal(server.requests.length, 300);
    assert.ok(server.connections() <= limits.kube.patchConcurrency, `${server.connections()} connections`);
  });

  it('goes on after a failure', async () => {
    server.handle((_, response) => refuse(response, 403, 'no'));
    await assert.rejects(actuator.requestReconcile(target, order(1)), { code: 'CLUSTER_REFUSED' });
    server.handle((_, response) => answer(response, 200, {}));
    await actuator.requestReconcile(target, order(2));
  });

  it('sends a patch again that lost a race, but not for ever', async () => {
    let conflicts = 2;
    server.handle((_, response) => (conflicts-- > 0 ? refuse(response, 409, 'the object has been modified') : answer(response, 200, {})));
    await actuator.requestReconcile(target, order(1));
    assert.equal(server.requests.length, 3);
    conflicts = Number.POSITIVE_INFINITY;
    await assert.rejects(actuator.requestReconcile(target, order(2)), { code: 'CLUSTER_REFUSED', httpStatus: 409 });
    assert.equal(server.requests.length, 3 + 1 + limits.kube.conflictRetries);
  });

  it('refuses clusters and kinds that it does not know', async () => {
    await assert.rejects(actuator.requestReconcile({ ...target, cluster: 'nowhere' }, order(1)), {
      code: 'CLUSTER_REFUSED',
      message: /nowhere/,
    });
    await assert.rejects(actuator.requestReconcile({ ...target, kind: 'Secret' }, order(1)), {
      code: 'CLUSTER_REFUSED',
      message: /Secret/,
    });
    assert.equal(server.requests.length, 0);
  });

  describe('writes Events', () => {
    const event = { type: 'Normal', reason: 'HeadgateApplied', message: 'm'.repeat(5_000) } as const;
    const bodies = (): readonly Record<string, unknown>[] => server.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);

    it('about the object, with its uid, by Headgate, cut to the bound', async () => {
      await actuator.emitEvent(target, event);
      assert.equal(server.requests[0]?.path, '/api/v1/namespaces/apps/events');
      const [body] = bodies();
      assert.deepEqual(body?.involvedObject, {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'GitRepository',
        namespace: 'apps',
        name: 'app',
        uid: object.uid,
        resourceVersion: object.resourceVersion,
      });
      assert.deepEqual(body.source, { component: 'headgate' });
      assert.equal((body.message as string).length, limits.kube.eventMessageChars);
      assert.match(body.firstTimestamp as string, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    });

    it('under names that differ', async () => {
      for (let n = 0; n < 50; n++) await actuator.emitEvent(target, event);
      const names = bodies().map(({ metadata }) => (metadata as { name: string }).name);
      assert.equal(new Set(names).size, 50);
      for (const name of names) assert.match(name, /^app\.[0-9a-f]+$/);
    });

    it('and takes one that is there already for its own, sent twice', async () => {
      server.handle((_, response) => refuse(response, 409, 'already exists'));
      await actuator.emitEvent(target, event);
    });

    it('but not about what is gone', async () => {
      await assert.rejects(actuator.emitEvent(named('gone'), event), { code: 'CLUSTER_REFUSED' });
    });
  });
});
