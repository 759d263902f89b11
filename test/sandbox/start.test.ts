import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adapterSchemas } from '#adapters/registry.ts';
import { loadConfig } from '#config/load-config.ts';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { parsePolicies } from '#policy/parse-policies.ts';
import type { Listen } from '#sandbox/seed/documents.ts';
import { startSandbox, type Sandbox } from '#sandbox/start.ts';

const ANY = '127.0.0.1:0';
const anywhere: Listen = { webhook: ANY, web: ANY, metrics: ANY, health: ANY };

describe('startSandbox', function () {
  this.timeout(30_000);
  let parent: string;
  let directory: string;
  const open: Sandbox[] = [];
  const start = async (listen: Listen = anywhere): Promise<Sandbox> => {
    const sandbox = await startSandbox({ directory, clock: systemClock, log: silentLog, listen });
    open.push(sandbox);
    return sandbox;
  };

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'headgate-sandbox-'));
    directory = join(parent, 'sandbox');
  });
  afterEach(async () => {
    for (const sandbox of open.splice(0)) await sandbox.stop();
    await rm(parent, { recursive: true });
  });

  it('writes a config and policies that the server accepts', async () => {
    const { configPath, github, gerrit, cluster } = await start();
    const config = await loadConfig(configPath, adapterSchemas);
    assert.equal(config.web.openReading, true);
    assert.deepEqual(
      config.sources.map(({ name, type, url }) => ({ name, type, url })),
      [
        { name: 'hub', type: 'github', url: github.url },
        { name: 'review', type: 'gerrit', url: gerrit.http.url },
      ],
    );
    const kubeconfig = await readFile(config.clusters[0]?.kubeconfig?.path ?? '', 'utf8');
    assert.ok(kubeconfig.includes(cluster.url));
    const names = await readdir(config.policies.path);
    const files = names.map(async (name) => ({ name, text: await readFile(join(config.policies.path, name), 'utf8') }));
    const policies = parsePolicies(await Promise.all(files));
    assert.deepEqual(
      policies.policies.map(({ name }) => name),
      ['menu', 'payments', 'shop'],
    );
  });

  it('writes secrets that only their owner can read', async () => {
    await start();
    for (const file of ['secrets/hub-webhook', 'kubeconfig', 'headgate.yaml']) {
      assert.equal((await stat(join(directory, file))).mode & 0o777, 0o600, file);
    }
    assert.ok((await readFile(join(directory, 'secrets/hub-webhook'), 'utf8')).trim().length >= 32);
  });

  it('has applied what its repositories hold, and suspended one source', async () => {
    const { cluster } = await start();
    assert.deepEqual(cluster.get('ConfigMap', 'shop', 'shop')?.['data'], { greeting: 'Welcome', version: '1' });
    assert.ok(cluster.get('ConfigMap', 'payments', 'payments'));
    const spec = cluster.get('GitRepository', 'shop', 'shop-preview')?.['spec'] as { suspend?: boolean };
    assert.equal(spec.suspend, true);
  });

  it('begins anew in a directory that an earlier sandbox made', async () => {
    await (await start()).stop();
    open.length = 0;
    await writeFile(join(directory, 'left-over'), '');
    await start();
    assert.equal((await readdir(directory)).includes('left-over'), false);
  });

  it('leaves alone a directory that holds something else', async () => {
    await mkdir(directory);
    await writeFile(join(directory, 'precious'), 'mine');
    await assert.rejects(start(), { code: 'SANDBOX_DIRECTORY' });
    assert.deepEqual(await readdir(directory), ['precious']);
  });

  it('says in one line which address is in use, before it deletes anything', async () => {
    await (await start()).stop();
    open.length = 0;
    await writeFile(join(directory, 'of-a-running-sandbox'), '');
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      await assert.rejects(start({ ...anywhere, web: `127.0.0.1:${port}` }), {
        code: 'PORT_BUSY',
        message: `127.0.0.1:${port} is in use by another process.`,
      });
      assert.ok((await readdir(directory)).includes('of-a-running-sandbox'));
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});
