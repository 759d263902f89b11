import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { blobOf, digestOf } from '#adapters/oci/blob.ts';
import type { RegistryAccess } from '#adapters/oci/registry/registry-access.ts';
import { RegistryClient } from '#adapters/oci/registry/registry-client.ts';
import { systemClock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { FakeRegistry, type FakeRegistryOptions } from '#sandbox/oci/fake-registry.ts';
import { closeServer, listenOn, portOf } from '#sandbox/listen.ts';

const password = 'a password of its own';
const credentials = () => ({ user: 'headgate', password });
/** Pauses as short as they may be. */
const clock = { ...systemClock, random: () => 0 };

describe('the client of a registry', () => {
  const started: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of started.splice(0)) await each.stop();
  });

  async function registryWith(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
    const registry = await new FakeRegistry(options).start();
    started.push(registry);
    return registry;
  }

  const clientOf = (registry: FakeRegistry, access: Partial<RegistryAccess> = {}): RegistryClient =>
    new RegistryClient({ host: registry.host, plainHttp: true, ...access }, 'infra', { clock, env: {} });

  /** Another server, that nothing may come to unless a test says so. */
  async function bystander(answer: (request: IncomingMessage) => object = () => ({})): Promise<{ port: number; seen: IncomingMessage[] }> {
    const seen: IncomingMessage[] = [];
    const server = createServer((request, response) => {
      seen.push(request);
      response.end(JSON.stringify(answer(request)));
    });
    await listenOn(server, 0);
    started.push({ stop: () => closeServer(server) });
    return { port: portOf(server), seen };
  }

  const failure = async (promise: Promise<unknown>): Promise<HeadgateError> => {
    const error = await promise.then(
      () => assert.fail('it succeeded'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof HeadgateError, String(error));
    assert.ok(!`${error.message}${error.hint}`.includes(password));
    return error;
  };

  describe('shows credentials', () => {
    it('only when it is asked for some', async () => {
      const open = await registryWith();
      await clientOf(open, { credentials }).pushBlob(blobOf(Buffer.from('x')), undefined);
      assert.ok(open.requests.every(({ authorization }) => authorization === undefined));
    });

    it('by Basic, and says when there are none or they are not taken', async () => {
      const registry = await registryWith({ users: { headgate: password } });
      assert.equal(await clientOf(registry, { credentials }).digestAt('v1'), null);
      assert.match((await failure(clientOf(registry).digestAt('v1'))).hint, /registries/);
      const wrong = await failure(
        clientOf(registry, { credentials: () => ({ user: 'headgate', password: 'an older one' }) }).digestAt('v1'),
      );
      assert.equal(wrong.code, 'REGISTRY_REFUSED');
    });

    it('by a token for this repository and no other scope, and asks for another one when it has expired', async () => {
      let good = 'one';
      const scopes: string[][] = [];
      const service = await bystander((request) => {
        const url = new URL(request.url ?? '', 'http://x');
        scopes.push(url.searchParams.getAll('scope'));
        assert.equal(url.searchParams.get('service'), 'the registry');
        assert.equal(request.headers.authorization, `Basic ${btoa(`headgate:${password}`)}`);
        return { token: good };
      });
      const realm = `http://127.0.0.1:${service.port}/token`;
      const registry = await registryWith({ bearer: { realm, service: 'the registry', accepts: (token) => token === good } });
      const client = clientOf(registry, { credentials });
      await client.pushBlob(blobOf(Buffer.from('x')), undefined);
      assert.equal(service.seen.length, 1);
      good = 'two';
      await client.pushBlob(blobOf(Buffer.from('y')), undefined);
      assert.deepEqual(scopes, [['repository:infra:pull,push'], ['repository:infra:pull,push']]);
      assert.ok(registry.requests.every(({ authorization }) => !authorization?.startsWith('Basic')));
    });

    it('to no token service on another host where the registry speaks plain HTTP', async () => {
      const service = await bystander(() => ({ token: 'x' }));
      for (const realm of [`http://localhost:${service.port}/token`, 'https://tokens.example/token', 'file:///etc/passwd', 'nonsense']) {
        const registry = await registryWith({ bearer: { realm, service: 'x', accepts: () => false } });
        assert.equal((await failure(clientOf(registry, { credentials }).digestAt('v1'))).code, 'REGISTRY_REFUSED', realm);
      }
      assert.equal(service.seen.length, 0);
    });

    it('to nobody that an upload is sent to', async () => {
      const other = await bystander();
      const registry = await registryWith({ users: { headgate: password } });
      registry.fault = ({ method, authorization }) =>
        method === 'POST' && authorization !== undefined
          ? { status: 202, headers: { location: `http://127.0.0.1:${other.port}/v2/infra/blobs/uploads/1` } }
          : undefined;
      const error = await failure(clientOf(registry, { credentials }).pushBlob(blobOf(Buffer.from('x')), undefined));
      assert.equal(error.code, 'REGISTRY_REFUSED');
      assert.match(error.hint, /X-Forwarded-Proto/);
      assert.equal(other.seen.length, 0);
    });

    it('to nobody that it is redirected to', async () => {
      const other = await bystander();
      const registry = await registryWith();
      const location = `http://127.0.0.1:${other.port}/elsewhere`;
      registry.fault = ({ method }) => (method === 'HEAD' ? { status: 307, headers: { location } } : undefined);
      await clientOf(registry).pushBlob(blobOf(Buffer.from('x')), undefined);
      assert.equal(registry.repository('infra').blobs.size, 1);
      assert.equal((await failure(clientOf(registry).digestAt('v1'))).code, 'REGISTRY_REFUSED');
      assert.equal(other.seen.length, 0);
    });
  });

  describe('brings a blob up', () => {
    const large = blobOf(randomBytes(2 * limits.registry.chunkBytes + 1_000));
    const small = blobOf(randomBytes(1_000));
    const holds = (registry: FakeRegistry, { digest }: { digest: string }): boolean => registry.repository('infra').blobs.has(digest);

    it('from where it broke off', async () => {
      const registry = await registryWith();
      let breaks = 1;
      registry.fault = ({ method, headers }) =>
        method === 'PATCH' && headers['content-range']?.startsWith(String(limits.registry.chunkBytes)) && breaks-- > 0
          ? { endAfter: 70_000 }
          : undefined;
      await clientOf(registry).pushBlob(large, undefined);
      assert.ok(holds(registry, large));
      const from = registry.requests
        .filter(({ method }) => method === 'PATCH')
        .map(({ headers }) => Number(headers['content-range']?.split('-')[0]));
      assert.deepEqual(from.slice(0, 3), [0, limits.registry.chunkBytes, limits.registry.chunkBytes + 70_000]);
    });

    it('anew when the registry has lost it', async () => {
      const registry = await registryWith();
      let pieces = 0;
      registry.fault = ({ method }) => {
        if (method === 'PATCH' && ++pieces === 2) registry.repository('infra').uploads.clear();
        return undefined;
      };
      await clientOf(registry).pushBlob(large, undefined);
      assert.ok(holds(registry, large));
      assert.equal(registry.requests.filter(({ method }) => method === 'POST').length, 2);
    });

    it('once when only the answer to its end was lost', async () => {
      const registry = await registryWith();
      registry.fault = ({ method, path }) => {
        if (method !== 'PUT' || !path.includes('digest')) return undefined;
        registry.repository('infra').blobs.set(small.digest, Buffer.alloc(0));
        return { endAfter: 0 };
      };
      await clientOf(registry).pushBlob(small, undefined);
      assert.equal(registry.requests.filter(({ method }) => method === 'PUT').length, 1);
    });

    it('in larger pieces where the registry wants them', async () => {
      const registry = await registryWith();
      registry.fault = ({ method, path }) => {
        if (method !== 'POST') return undefined;
        registry.repository('infra').uploads.set('1', Buffer.alloc(0));
        return { status: 202, headers: { location: `${path}1`, 'oci-chunk-min-length': String(12 * 1024 * 1024) } };
      };
      await clientOf(registry).pushBlob(large, undefined);
      assert.equal(registry.requests.filter(({ method }) => method === 'PATCH').length, 2);
    });

    it('again after a 503 and a short pause that it was asked for', async () => {
      const registry = await registryWith();
      let refusals = 2;
      registry.fault = () => (refusals-- > 0 ? { status: 503, headers: { 'retry-after': '0' } } : undefined);
      await clientOf(registry).pushBlob(small, undefined);
      assert.ok(holds(registry, small));
    });

    it('by upload where it may not take it from another repository', async () => {
      const registry = await registryWith();
      registry.fault = ({ path }) => (path.includes('mount=') ? { status: 403 } : undefined);
      await clientOf(registry).pushBlob(small, 'elsewhere');
      assert.ok(holds(registry, small));
    });
  });

  describe('says', () => {
    it('how long a registry wants to be left alone', async () => {
      const registry = await registryWith();
      registry.fault = () => ({ status: 429, headers: { 'retry-after': '120' } });
      const error = await failure(clientOf(registry).digestAt('v1'));
      assert.deepEqual([error.code, error.retryAfter, registry.requests.length], ['REGISTRY_UNREACHABLE', 120_000, 1]);
    });

    it('that nobody answers, after some attempts', async () => {
      const registry = await registryWith();
      registry.fault = () => ({ endAfter: 0 });
      const error = await failure(clientOf(registry).digestAt('v1'));
      assert.deepEqual([error.code, registry.requests.length], ['REGISTRY_UNREACHABLE', limits.registry.attempts]);
    });

    it('what a registry that takes nothing says', async () => {
      const registry = await registryWith();
      registry.readOnly = true;
      const error = await failure(clientOf(registry).pushBlob(blobOf(Buffer.from('x')), undefined));
      assert.deepEqual([error.code, registry.requests.length], ['REGISTRY_REFUSED', 2]);
      assert.match(error.message, /405 UNSUPPORTED/);
    });

    it('whether something may be pushed, and leaves nothing', async () => {
      const registry = await registryWith();
      await clientOf(registry).tryPush();
      assert.deepEqual(
        registry.requests.map(({ method }) => method),
        ['POST', 'DELETE'],
      );
      assert.equal(registry.repository('infra').uploads.size, 0);
      registry.readOnly = true;
      assert.equal((await failure(clientOf(registry).tryPush())).code, 'REGISTRY_REFUSED');
    });

    it('that a registry does not answer in time', async () => {
      const server = createServer(() => {});
      await listenOn(server, 0);
      started.push({ stop: () => closeServer(server) });
      const hurried = { ...clock, after: (ms: number, task: () => void) => clock.after(Math.min(ms, 20), task) };
      const client = new RegistryClient({ host: `127.0.0.1:${portOf(server)}`, plainHttp: true }, 'infra', { clock: hurried, env: {} });
      const error = await failure(client.digestAt('v1'));
      assert.equal(error.code, 'REGISTRY_UNREACHABLE');
      assert.match(error.message, /no answer within 15 s/);
    });

    it('that a registry does not speak TLS', async () => {
      const registry = await registryWith();
      const error = await failure(clientOf(registry, { plainHttp: false }).digestAt('v1'));
      assert.equal(error.code, 'REGISTRY_UNREACHABLE');
      assert.match(error.hint, /plainHttp/);
    });

    it('that a registry answers without end', async () => {
      const registry = await registryWith();
      registry.fault = ({ method }) =>
        method === 'HEAD' ? { status: 200 } : { status: 200, body: Buffer.alloc(limits.registry.manifestBytes + 1) };
      assert.match((await failure(clientOf(registry).digestAt('v1'))).message, /larger than/);
    });

    it('nothing of its own when whoever asks gives up', async () => {
      const registry = await registryWith();
      const giving = new AbortController();
      registry.fault = () => {
        giving.abort(new Error('enough'));
        return { status: 503 };
      };
      await assert.rejects(clientOf(registry).digestAt('v1', giving.signal), /enough/);
      assert.equal(registry.requests.length, 1);
    });
  });

  it('finds the digest of a manifest itself where the registry does not say it', async () => {
    const registry = await registryWith();
    registry.fault = ({ method }) => ({ status: 200, body: method === 'GET' ? '{}' : '' });
    assert.equal(await clientOf(registry).digestAt('v1'), blobOf(Buffer.from('{}')).digest);
  });

  describe('puts a manifest', () => {
    const [config, layer] = [blobOf(Buffer.from('{}')), blobOf(Buffer.from('a layer'))];
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const described = ({ digest, size }: { digest: string; size: number }) => ({ mediaType: 'application/x-test', digest, size });
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: described(config), layers: [described(layer)] }));
    const manifest = { digest: digestOf(bytes), mediaType, bytes };
    const unknown = { status: 400, body: JSON.stringify({ errors: [{ code: 'DIGEST_INVALID' }, { code: 'MANIFEST_BLOB_UNKNOWN' }] }) };

    it('again when a blob of it is not found, as while another one brings it up', async () => {
      const registry = await registryWith();
      for (const blob of [config, layer]) await clientOf(registry).pushBlob(blob, undefined);
      let refusals = 2;
      registry.fault = ({ path }) => (path.includes('/manifests/') && refusals-- > 0 ? unknown : undefined);
      await clientOf(registry).putManifest(manifest, 'v1');
      registry.fault = undefined;
      assert.equal(await clientOf(registry).digestAt('v1'), manifest.digest);
    });

    it('not without end, and not again when it is refused for something else', async () => {
      const registry = await registryWith();
      registry.fault = () => unknown;
      assert.match((await failure(clientOf(registry).putManifest(manifest, 'v1'))).message, /MANIFEST_BLOB_UNKNOWN/);
      assert.equal(registry.requests.length, limits.registry.attempts);
      registry.fault = () => ({ status: 400, body: JSON.stringify({ errors: [{ code: 'MANIFEST_INVALID' }] }) });
      await failure(clientOf(registry).putManifest(manifest, 'v1'));
      assert.equal(registry.requests.length, limits.registry.attempts + 1);
    });
  });
});
