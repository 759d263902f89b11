import assert from 'node:assert/strict';
import { createMessage, generateKey, sign, type PrivateKey } from 'openpgp';
import type { FakeCommit } from '#adapters/hg/fake-repository.ts';
import { signedTag } from '#adapters/hg/tags/signed-tag.ts';
import { openArmour } from '#core/keys/armour.ts';
import { readSigningKey } from '#core/keys/signing-key.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { Signing } from '#core/signature.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { verifyTag } from '#handlers/range-evidence.ts';
import { Signatures } from '#identity/signatures/signatures.ts';
import { TaggedRepository, tagRef } from './tagged-repository.ts';

const made = new Date('2026-03-01T00:00:00Z');
const at = Date.parse('2026-06-01T00:00:00Z');
const ref = 'tag:v1@branch:default';

type KeyOptions = Partial<Parameters<typeof generateKey>[0]>;

async function newKey(options: KeyOptions = {}): Promise<PrivateKey> {
  const userIDs = [{ name: 'Jane', email: 'jane@example.com' }];
  const { privateKey } = await generateKey({ userIDs, type: 'curve25519', date: made, subkeys: [], ...options, format: 'object' });
  return privateKey;
}

/** A line of `.hgsigs`, as `hg sign` writes it. */
async function line(node: string, signingKeys: PrivateKey, text = `${node}\n`, date = new Date(made.getTime() + 1_000)): Promise<string> {
  const message = await createMessage({ binary: Buffer.from(text, 'latin1') });
  const armoured = await sign({ message, signingKeys, detached: true, date, format: 'armored' });
  return `${node} 0 ${openArmour(armoured).data.toString('base64')}`;
}

function fingerprint(key: PrivateKey): string {
  return `openpgp:${key.getFingerprint().toUpperCase()}`;
}

describe('a signed tag of Mercurial', () => {
  let jane: PrivateKey;
  let mallory: PrivateKey;
  let repository: TaggedRepository;
  let content: string;
  let tag: string;

  before(async () => {
    [jane, mallory] = await Promise.all([newKey(), newKey()]);
  });

  beforeEach(() => {
    repository = new TaggedRepository();
    content = repository.commit();
    tag = repository.tags([`${content} v1`]);
  });

  const signatures = (lines: readonly string[], spec: FakeCommit = {}): string =>
    repository.host.commit('infra', { ...spec, files: { '.hgsigs': lines.map((one) => `${one}\n`).join('') } });

  /** As the server looks at it: by the tag that the ref leads to now. */
  async function verified(listed: readonly PrivateKey[] = [jane], revision = content): Promise<Signing | undefined> {
    const keys = listed.map((key) => readSigningKey(key.toPublic().armor()));
    const readBack: ReadBack = Object.assign(new FakeReadBack(), {
      heads: async () => new Map([[ref, await repository.read()]]),
      tag: (name: string, object: string) => signedTag(repository.host, name, tagRef(ref), object),
    });
    const deps = { clock: new SimulatedClock(at), signatures: new Signatures(() => keys) };
    return (await verifyTag(deps, readBack, { repository: 'infra', ref, revision })).tag;
  }

  async function reason(...given: Parameters<typeof verified>): Promise<string> {
    const told = await verified(...given);
    return told && 'unsigned' in told ? told.unsigned : assert.fail(`it counts: ${JSON.stringify(told)}`);
  }

  it('counts as signed by whoever signed the changeset that brought it', async () => {
    signatures([await line(tag, jane)]);
    assert.deepEqual(await verified(), { signedBy: fingerprint(jane) });
  });

  it('is signed by keys of each kind, and by subkeys for their primary key', async () => {
    const kinds: readonly KeyOptions[] = [
      { type: 'rsa', rsaBits: 2048 },
      { type: 'ecc', curve: 'nistP256' },
      { subkeys: [{ sign: true }] },
    ];
    for (const options of kinds) {
      const key = await newKey(options);
      signatures([await line(tag, key)]);
      assert.deepEqual(await verified([key]), { signedBy: fingerprint(key) });
    }
  });

  it('counts for each of several who signed it', async () => {
    signatures([await line(tag, mallory), `${tag} 0 AAAA`, await line(tag, jane)]);
    assert.deepEqual(await verified(), { signedBy: fingerprint(jane) });
    assert.deepEqual(await verified([jane, mallory]), { signedBy: fingerprint(mallory), alsoBy: [fingerprint(jane)] });
  });

  describe('does not count', () => {
    it('by a key that nobody lists, which is named', async () => {
      signatures([await line(tag, mallory)]);
      assert.match(await reason(), new RegExp(`key that nobody lists: ${fingerprint(mallory)}`));
    });

    it('by a key that has expired, whenever it signed', async () => {
      const expiring = await newKey({ keyExpirationTime: 24 * 3600 });
      signatures([await line(tag, expiring)]);
      assert.match(await reason([expiring]), /has expired/);
    });

    it('by a signature of an allowed key on the tagged changeset alone', async () => {
      signatures([await line(content, jane)]);
      assert.match(await reason(), /nobody signed .* which brought tag v1/);
    });

    it('by a signature of an allowed key on another changeset, put into its line', async () => {
      const [, , base64] = (await line(content, jane)).split(' ');
      signatures([`${tag} 0 ${base64}`]);
      assert.match(await reason(), /does not hold/);
    });

    for (const [what, text] of [
      ['the node without its line feed', (node: string) => node],
      ['the node and an end of a line of Windows', (node: string) => `${node}\r\n`],
      ['the node in capitals', (node: string) => `${node.toUpperCase()}\n`],
      ['the name', () => 'v1\n'],
    ] as const) {
      it(`by a signature over ${what}`, async () => {
        signatures([await line(tag, jane, text(tag))]);
        assert.match(await reason(), /does not hold/);
      });
    }

    it('by what `.hgsigs` says elsewhere than at the head where the tag is read', async () => {
      signatures([await line(tag, jane)], { branch: 'other' });
      repository.commit({ parents: [tag], branch: 'default' });
      assert.match(await reason(), /nobody signed/);
    });

    it('once it leads elsewhere', async () => {
      signatures([await line(tag, jane)]);
      assert.match(await reason([jane], tag), /leads to another commit by now/);
    });

    it('while anything about it is doubted', async () => {
      signatures([await line(tag, jane)]);
      repository.host.bookmark('infra', 'v1', tag);
      assert.match(await reason(), /a bookmark is called v1/);
    });

    it('once somebody else has moved it, though the old line is signed', async () => {
      signatures([await line(tag, jane)]);
      const evil = repository.commit();
      repository.tags([`${content} v1`, `${evil} v1`]);
      assert.match(await reason([jane], evil), /nobody signed/);
    });
  });
});
