import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobOf, type Blob } from '#adapters/oci/blob.ts';
import { RegistryClient } from '#adapters/oci/registry/registry-client.ts';
import type { RegistryAccess } from '#adapters/oci/registry/registry-access.ts';
import { systemClock } from '#core/clock.ts';
import { archiveOf, bytesOf, contentOf, packedFrom } from '../adapters/oci/archives.ts';
import { registryConformance, type RegistryUnderTest } from '../conformance/registry.ts';
import { registryAccount, startRegistry, type Registry, type RegistryOptions } from './mercurial/registry.ts';
import { makeCertificate } from './oci/certificate.ts';
import { startTokenService } from './oci/token-service.ts';

const credentials = () => registryAccount;

async function open(options: RegistryOptions, access: Partial<RegistryAccess>): Promise<RegistryUnderTest> {
  const registry = await startRegistry(options);
  return { access: { host: registry.host, plainHttp: true, ...access }, stop: () => registry.close() };
}

registryConformance('docker-registry, open to anybody', () => open({}, {}));

registryConformance('docker-registry, with an account', () => open({ authenticated: true }, { credentials }));

registryConformance('docker-registry, by TLS with an authority of its own', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-tls-'));
  const tls = makeCertificate(directory);
  const world = await open(
    { tls, authenticated: true },
    { plainHttp: false, credentials, ca: () => readFileSync(tls.certificateFile, 'utf8') },
  );
  return {
    ...world,
    async stop() {
      await world.stop();
      rmSync(directory, { recursive: true });
    },
  };
});

registryConformance('docker-registry, with tokens of a service', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-tokens-'));
  const certificate = makeCertificate(directory);
  const service = await startTokenService(certificate, registryAccount);
  const { realm, issuer, service: name } = service;
  const world = await open({ tokens: { realm, issuer, service: name, certificateFile: certificate.certificateFile } }, { credentials });
  return {
    ...world,
    async stop() {
      await world.stop();
      await service.stop();
      rmSync(directory, { recursive: true });
      assert.ok(service.asked.length > 0 && service.asked.every((scope) => scope.startsWith('repository:conformance/')));
    },
  };
});

describe('a real registry', function () {
  this.timeout(60_000);
  let registry: Registry | undefined;
  afterEach(async () => {
    await registry?.close();
    registry = undefined;
  });

  const clientOf = (host: string, access: Partial<RegistryAccess> = {}): RegistryClient =>
    new RegistryClient({ host, plainHttp: true, ...access }, 'infra', { clock: systemClock, env: {} });

  it('that takes nothing refuses, with its own words', async () => {
    registry = await startRegistry({ readOnly: true });
    await assert.rejects(clientOf(registry.host).pushBlob(blobOf(Buffer.from('x')), undefined), {
      code: 'REGISTRY_REFUSED',
      message: /405/,
    });
  });

  it('refuses another password, and nobody', async () => {
    registry = await startRegistry({ authenticated: true });
    const wrong = { credentials: () => ({ ...registryAccount, password: 'an older password' }) };
    for (const access of [{}, wrong]) await assert.rejects(clientOf(registry.host, access).digestAt('v1'), { code: 'REGISTRY_REFUSED' });
  });

  it('whose certificate is not believed is not talked to', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'headgate-tls-'));
    try {
      registry = await startRegistry({ tls: makeCertificate(directory) });
      await assert.rejects(clientOf(registry.host, { plainHttp: false }).digestAt('v1'), {
        code: 'REGISTRY_UNREACHABLE',
        hint: /registries\[\]\.ca/,
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('that is killed in the middle of an upload has the blob when it is back', async () => {
    const started = await startRegistry();
    registry = started;
    const whole = blobOf(randomBytes(30 * 1024 * 1024));
    let kills = 1;
    async function* killing(from: number, size: number): AsyncGenerator<Uint8Array> {
      for await (const piece of whole.read(from, size)) yield piece.subarray(0, size / 2);
      if (from > 0 && kills-- > 0) {
        started.process.signal('SIGKILL');
        await started.process.exited;
        await started.start();
      }
      for await (const piece of whole.read(from, size)) yield piece.subarray(size / 2);
    }
    const blob: Blob = { ...whole, read: killing };
    const client = clientOf(started.host);
    await client.pushBlob(blob, undefined);
    assert.ok(kills <= 0);
    const kept = await fetch(`${started.url}/v2/infra/blobs/${whole.digest}`);
    assert.ok(Buffer.from(await kept.arrayBuffer()).equals(await bytesOf(whole)));
  });
});

describe('what is packed', () => {
  it('is unpacked by GNU tar as it was', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'headgate-tar-'));
    try {
      const long = `${'deep/'.repeat(30)}${'n'.repeat(200)}.yaml`;
      const entries = [
        { name: 'a.yaml', text: 'kind: A' },
        { name: long, text: 'long' },
        { name: 'ä/€😀 with spaces.yaml', text: 'other letters' },
        { name: 'bin/run', text: '#!/bin/sh', mode: 0o755 },
        { name: 'empty', text: '' },
        { name: 'large', text: 'x'.repeat(3_000_000) },
      ];
      await using artifact = await packedFrom({ path: '', content: 'manifests', tag: 'v1' }, contentOf(archiveOf(entries)), directory);
      const layer = artifact.blobs[1];
      assert.ok(layer);
      writeFileSync(join(directory, 'layer.tgz'), await bytesOf(layer));
      mkdirSync(join(directory, 'out'));
      execFileSync('tar', ['--extract', '--gzip', '--file', join(directory, 'layer.tgz'), '--directory', join(directory, 'out')]);
      for (const { name, text, mode } of entries) {
        assert.equal(readFileSync(join(directory, 'out', name), 'utf8'), text, name);
        assert.equal(statSync(join(directory, 'out', name)).mode & 0o100, mode === undefined ? 0 : 0o100);
      }
      assert.equal(
        readdirSync(join(directory, 'out'), { recursive: true, withFileTypes: true }).filter((each) => each.isFile()).length,
        entries.length,
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
