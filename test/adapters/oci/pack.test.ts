import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { SourceArchive } from '#adapters/oci/published-source.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { archiveOf, bytesOf, contentOf, node, packedFrom, type TestEntry, unpacked } from './archives.ts';

describe('packing what a source gives', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-pack-'));
  });
  afterEach(() => {
    assert.deepEqual(readdirSync(directory), [], 'nothing may be left behind');
    rmSync(directory, { recursive: true });
  });

  async function packed(archive: SourceArchive, path = '') {
    await using artifact = await packedFrom({ path, content: 'manifests', tag: 'default' }, contentOf(archive), directory);
    const [config, layer] = artifact.blobs;
    assert.ok(config && layer);
    const bytes = await bytesOf(layer);
    return { manifest: artifact.manifest, config: await bytesOf(config), bytes, layer, files: await unpacked(bytes) };
  }

  const some: readonly TestEntry[] = [
    { name: 'apps/pay/z.yaml', text: 'kind: Z', mode: 0o600, uid: 1000, uname: 'alice', mtime: new Date(1e12) },
    { name: 'apps/pay/deep/er/run.sh', text: '#!/bin/sh', mode: 0o700 },
    { name: 'apps/payments/x.yaml', text: 'not this' },
    { name: 'apps/pay/a.yaml', text: 'kind: A' },
    { name: 'README', text: 'not this either' },
    { name: '.hg_archival.txt', text: 'latesttag: v1' },
  ];

  it('puts the content of the path at the root, sorted, owned by nobody, with modes 0644 and 0755', async () => {
    const { files } = await packed(archiveOf(some, { prefix: 'infra-abc/' }), 'apps/pay');
    assert.deepEqual(
      files.map(({ header: { name, mode, uid, gid, uname, gname, type, mtime }, text }) => ({
        name,
        mode,
        text,
        rest: [uid, gid, uname, gname, type, +mtime],
      })),
      [
        { name: 'a.yaml', mode: 0o644, text: 'kind: A', rest: [0, 0, '', '', 'file', 0] },
        { name: 'deep/er/run.sh', mode: 0o755, text: '#!/bin/sh', rest: [0, 0, '', '', 'file', 0] },
        { name: 'z.yaml', mode: 0o644, text: 'kind: Z', rest: [0, 0, '', '', 'file', 0] },
      ],
    );
  });

  it('leaves out what the archiver has added, at the root only', async () => {
    const nested = [...some, { name: 'apps/.hg_archival.txt', text: 'somebody wrote this' }];
    const { files } = await packed(archiveOf(nested, { prefix: 'p/', added: ['.hg_archival.txt'] }));
    const names = files.map(({ header }) => header.name);
    assert.ok(!names.includes('.hg_archival.txt'));
    assert.ok(names.includes('apps/.hg_archival.txt'));
    assert.equal(names.length, some.length);
  });

  it('makes what `flux push artifact` makes', async () => {
    const { manifest, config, bytes, layer } = await packed(archiveOf(some), 'apps/pay');
    const said = JSON.parse(manifest.bytes.toString());
    assert.equal(said.schemaVersion, 2);
    assert.equal(said.mediaType, 'application/vnd.oci.image.manifest.v1+json');
    assert.equal(said.config.mediaType, 'application/vnd.cncf.flux.config.v1+json');
    assert.equal(said.config.size, config.length);
    assert.deepEqual(said.layers, [
      { mediaType: 'application/vnd.cncf.flux.content.v1.tar+gzip', digest: layer.digest, size: bytes.length },
    ]);
    assert.deepEqual(said.annotations, {
      'org.opencontainers.image.created': '2026-09-01T12:30:05Z',
      'org.opencontainers.image.revision': `default@sha1:${node}`,
      'org.opencontainers.image.source': 'https://hg.example/infra',
    });
    assert.equal(JSON.parse(config.toString()).created, '2026-09-01T12:30:05Z');
  });

  it('keeps the bytes that it has always made', async () => {
    // A change here is a new digest for everything that anybody has published: Flux would reconcile it all once.
    const { config } = await packed(archiveOf(some), 'apps/pay');
    assert.deepEqual(JSON.parse(config.toString()).rootfs.diff_ids, [
      'sha256:7766113838b0f5aa662b1404b315704f80aeefd63454685ffe793d841ca70da6',
    ]);
  });

  it('writes a gzip header without time, name and system', async () => {
    const { bytes } = await packed(archiveOf(some));
    assert.deepEqual([...bytes.subarray(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  const part = fc.stringMatching(/^[a-zA-Z0-9ä€😀 ._-]{1,40}$/u).filter((text) => text !== '.' && text !== '..');
  const names = fc
    .uniqueArray(
      fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/')),
      { minLength: 1, maxLength: 12 },
    )
    .filter((all) => all.every((name) => !all.some((other) => other.startsWith(`${name}/`))));
  const noise = fc.record({
    uid: fc.nat(2000),
    mtime: fc.nat(2e9).map((seconds) => new Date(seconds * 1000)),
    uname: fc.constantFrom('', 'root', 'al'),
  });

  it('makes the same bytes of the same files, whatever archive they come in', async () => {
    const files = names.chain((all) =>
      fc.tuple(
        ...all.map((name) =>
          fc.record({ name: fc.constant(name), text: fc.string({ maxLength: 2000 }), mode: fc.constantFrom(0o644, 0o755) }),
        ),
      ),
    );
    const twice = files.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), noise, fc.constantFrom('', 'r-1/')),
    );
    await fc.assert(
      fc.asyncProperty(twice, async ([all, shuffled, other, prefix]) => {
        const one = await packed(archiveOf(all));
        const again = await packed(
          archiveOf([{ name: 'd/', type: 'directory' }, ...shuffled.map((file) => ({ ...file, ...other }))], { prefix }),
        );
        assert.ok(one.bytes.equals(again.bytes));
        assert.equal(one.manifest.digest, again.manifest.digest);
        const expected = all
          .map(({ name, text, mode }) => ({ name, text, mode }))
          .toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
        assert.deepEqual(
          one.files.map(({ header: { name, mode }, text }) => ({ name, text, mode })),
          expected.map((each) => ({ ...each, text: Buffer.from(each.text).toString() })),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('lets nothing through that could lead out of where it is unpacked', async () => {
    const hostile = fc.oneof(
      fc.constantFrom(
        '../x',
        'a/../../x',
        '/etc/passwd',
        'a//b',
        './a',
        'a/.',
        'a\\b',
        '..\\x',
        'a/..',
        'x\ny',
        'x\u{7f}',
        `${'a'.repeat(256)}`,
        'a/'.repeat(2100) + 'x',
      ),
      fc
        .array(fc.constantFrom('a', '..', '.', '', 'b\\c', '\u{1}'), { minLength: 1, maxLength: 5 })
        .map((parts) => parts.join('/'))
        .filter((name) => name !== '' && !name.endsWith('/')),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (name) => {
        const parts = name.split('/');
        fc.pre(parts.some((each) => each !== 'a') || parts.length > 5);
        await assert.rejects(
          packed(
            archiveOf([
              { name: 'ok', text: '1' },
              { name, text: 'x' },
            ]),
          ),
          { code: 'CONTENT_REFUSED' },
        );
      }),
      { numRuns: 100 },
    );
  });

  for (const type of ['symlink', 'link', 'character-device', 'block-device', 'fifo'] as const) {
    it(`refuses a ${type} below the path, and does not mind one elsewhere`, async () => {
      const entries = [
        { name: 'x/a', text: '1' },
        { name: 'y/b', type, linkname: 'x/a' },
      ];
      await assert.rejects(packed(archiveOf(entries), 'y'), { code: 'CONTENT_REFUSED' });
      assert.equal((await packed(archiveOf(entries), 'x')).files.length, 1);
    });
  }

  it('refuses two files of one name, and a file where a directory has to be', async () => {
    await assert.rejects(packed(archiveOf([{ name: 'a' }, { name: 'a' }])), { code: 'CONTENT_REFUSED' });
    await assert.rejects(packed(archiveOf([{ name: 'a/b/c' }, { name: 'a/b' }])), { code: 'CONTENT_REFUSED' });
  });

  it('refuses a path that holds nothing, because Flux would delete everything', async () => {
    await assert.rejects(packed(archiveOf(some), 'apps/nothing'), { code: 'CONTENT_REFUSED', message: /"apps\/nothing" holds no files/ });
    await assert.rejects(packed(archiveOf(some), 'README'), { code: 'CONTENT_REFUSED' });
  });

  it('refuses a name that is no UTF-8', async () => {
    const { tar } = archiveOf([{ name: 'caf\u{e9}_', text: '1' }].map((entry) => ({ ...entry, name: 'cafX_' })));
    async function* broken(): AsyncGenerator<Uint8Array> {
      const pieces: Uint8Array[] = [];
      for await (const piece of tar) pieces.push(piece);
      const bytes = Buffer.concat(pieces);
      const at = bytes.indexOf('cafX_') + 3;
      const sum = Number.parseInt(bytes.toString('latin1', 148, 154), 8) - 'X'.charCodeAt(0) + 0xe9;
      bytes[at] = 0xe9;
      bytes.write(sum.toString(8).padStart(6, '0'), 148, 'latin1');
      yield bytes;
    }
    await assert.rejects(packed({ prefix: '', added: [], tar: broken() }), { code: 'CONTENT_REFUSED', message: /is not UTF-8/ });
  });

  it('says what is too large', async () => {
    const large = 'x'.repeat(limits.publish.fileBytes);
    await assert.rejects(packed(archiveOf([{ name: 'a', text: `${large}x` }])), { code: 'CONTENT_TOO_LARGE', message: /"a" with 16 MiB/ });
    const many = Array.from({ length: 5 }, (_, index) => ({ name: `${index}`, text: large }));
    await assert.rejects(packed(archiveOf(many)), { code: 'CONTENT_TOO_LARGE', message: /more than 64 MiB/ });
  });

  it('takes half an archive for none, wherever it ends', async () => {
    const pieces: Uint8Array[] = [];
    for await (const piece of archiveOf(some).tar) pieces.push(piece);
    const whole = Buffer.concat(pieces);
    for (const size of [0, 100, 512, 1024, 1500, whole.length - 1024, whole.length - 512]) {
      async function* half(): AsyncGenerator<Uint8Array> {
        yield await Promise.resolve(whole.subarray(0, size));
      }
      await assert.rejects(packed({ prefix: '', added: [], tar: half() }), { code: 'SOURCE_UNREACHABLE' }, `${size} bytes`);
    }
  });

  it('passes on why a source broke off', async () => {
    async function* broken(error: Error): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.alloc(100));
      throw error;
    }
    const tried = (error: Error) => packed({ prefix: '', added: [], tar: broken(error) });
    await assert.rejects(tried(new Error('hg was ended')), { code: 'SOURCE_UNREACHABLE', message: /hg was ended/ });
    await assert.rejects(tried(new HeadgateError('SOURCE_REFUSED', 'not yours')), { code: 'SOURCE_REFUSED', message: 'not yours' });
  });
});
