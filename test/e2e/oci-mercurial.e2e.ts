import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { SourceArchive } from '#adapters/oci/published-source.ts';
import { bytesOf, contentOf, packedFrom, unpacked } from '../adapters/oci/archives.ts';
import { openCloning } from './mercurial/cloning.ts';
import { startHgServe, type HgWebServer } from './mercurial/hgweb.ts';
import { installMercurials, type Mercurials } from './mercurial/install.ts';
import { cloneHgRepository, createHgRepository } from './mercurial/repository.ts';

/** hgweb of the old one sends no archives under today's Python. */
const versions = ['system', 'newest'] as const;

describe('what Mercurials make of a changeset', function () {
  this.timeout(300_000);
  const directory = mkdtempSync(join(tmpdir(), 'headgate-packs-'));
  let mercurials: Mercurials;
  let origin: HgWebServer;
  let node: string;
  before(async function () {
    this.timeout(600_000);
    mercurials = await installMercurials();
    origin = await startHgServe(mercurials.system);
    const repository = await createHgRepository(origin.account, join(origin.root, 'infra'));
    await repository.commit({
      'apps/pay/a.yaml': 'kind: A\n',
      'apps/pay/ä b/€.yaml': 'kind: B\n',
      'apps/pay/run.sh': '#!/bin/sh\n',
      README: 'no\n',
    });
    chmodSync(join(repository.path, 'apps/pay/run.sh'), 0o755);
    node = await repository.commit({ [`apps/pay/${'long/'.repeat(40)}c.yaml`]: 'kind: C\n' });
    // What makes `.hg_archival.txt` another one, and the changeset not.
    await repository.hg('tag', `--rev=${node}`, 'v1');
  });
  after(async () => {
    await origin?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function packed(archive: SourceArchive, path: string): Promise<{ digest: string; names: string[] }> {
    await using artifact = await packedFrom({ path, content: 'manifests', tag: 'default' }, contentOf(archive), directory);
    const layer = artifact.blobs[1];
    assert.ok(layer);
    const files = await unpacked(await bytesOf(layer));
    return {
      digest: artifact.manifest.digest,
      names: files.map(({ header: { name, mode } }) => `${(mode & 0o100) === 0 ? '' : 'x '}${name}`),
    };
  }

  const added = ['.hg_archival.txt'];

  async function byClone(version: (typeof versions)[number], path: string) {
    const cloning = await openCloning(mercurials[version], origin.url);
    try {
      await cloning.backEnd.names('infra');
      return await packed({ ...(await cloning.backEnd.archive('infra', node, path)), added }, path);
    } finally {
      await cloning.close();
    }
  }

  async function byHgweb(version: (typeof versions)[number], path: string) {
    const server = await startHgServe(mercurials[version]);
    try {
      await cloneHgRepository(server.account, `${origin.url}/infra`, join(server.root, 'infra'));
      const answer = await fetch(`${server.url}/infra/archive/${node}.tar.gz${path === '' ? '' : `/${path}`}`);
      assert.equal(answer.status, 200);
      const tar = gunzipSync(Buffer.from(await answer.arrayBuffer()));
      async function* pieces(): AsyncGenerator<Uint8Array> {
        yield await Promise.resolve(tar);
      }
      return await packed({ prefix: `infra-${node}/`, added, tar: pieces() }, path);
    } finally {
      await server.close();
    }
  }

  for (const path of ['apps/pay', '']) {
    it(`is the same artifact, by hgweb of each version and by clones: ${path === '' ? 'all of it' : path}`, async () => {
      const made = [];
      for (const version of versions) made.push(await byHgweb(version, path), await byClone(version, path));
      const [first] = made;
      assert.equal(new Set(made.map(({ digest }) => digest)).size, 1, JSON.stringify(made, null, 1));
      if (path !== '') assert.deepEqual(first?.names, ['a.yaml', `${'long/'.repeat(40)}c.yaml`, 'x run.sh', 'ä b/€.yaml']);
      else assert.ok(first?.names.includes('README') && !first.names.includes('.hg_archival.txt'));
    });
  }
});
