import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createMessage, generateKey, reformatKey, revokeKey, sign, type PrivateKey } from 'openpgp';
import { openArmour } from '#core/keys/armour.ts';
import { readSigningKey } from '#core/keys/signing-key.ts';
import type { Signing } from '#core/signature.ts';
import { Signatures } from '#identity/signatures/signatures.ts';

const made = new Date('2026-03-01T00:00:00Z');
const at = Date.parse('2026-06-01T00:00:00Z');
const day = 24 * 60 * 60_000;
const payload = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA commit of \u00fc\n';

async function newKey(
  options: { readonly subkeys?: { readonly sign: boolean; readonly keyExpirationTime?: number }[] } = {},
): Promise<PrivateKey> {
  const userIDs = [{ name: 'Jane', email: 'jane@example.com' }];
  const { privateKey } = await generateKey({ userIDs, type: 'curve25519', date: made, format: 'object', subkeys: [], ...options });
  return privateKey;
}

interface Making {
  readonly date?: Date;
  readonly of?: string;
}

async function signatureBy(
  signingKeys: PrivateKey | PrivateKey[],
  { date = new Date(made.getTime() + day), of = payload }: Making = {},
): Promise<string> {
  const message = await createMessage({ binary: Buffer.from(of, 'latin1') });
  return sign({ message, signingKeys, detached: true, date, format: 'armored' });
}

function listed(key: Pick<PrivateKey, 'toPublic'> | { armor(): string }): ReturnType<typeof readSigningKey> {
  return readSigningKey('toPublic' in key ? key.toPublic().armor() : key.armor());
}

function verifying(...keys: readonly ReturnType<typeof readSigningKey>[]): Signatures {
  return new Signatures(() => keys);
}

async function reason(signing: Signing | Promise<Signing>): Promise<string> {
  const told = await signing;
  return 'unsigned' in told ? told.unsigned : assert.fail(`it counts as signed by ${told.signedBy}`);
}

function armoured(data: Buffer): string {
  return `-----BEGIN PGP SIGNATURE-----\n\n${data.toString('base64')}\n-----END PGP SIGNATURE-----\n`;
}

describe('OpenPGP signatures', () => {
  let jane: PrivateKey;
  let withSubkey: PrivateKey;
  let signature: string;

  before(async () => {
    [jane, withSubkey] = await Promise.all([newKey(), newKey({ subkeys: [{ sign: true, keyExpirationTime: 100 * 24 * 3600 }] })]);
    signature = await signatureBy(jane);
  });

  it('count for the very bytes that were signed, by a listed key', async () => {
    const { fingerprint } = listed(jane);
    assert.equal(fingerprint, `openpgp:${jane.getFingerprint().toUpperCase()}`);
    assert.deepEqual(await verifying(listed(jane)).verify({ payload, signature }, at), { signedBy: fingerprint });
    assert.match(await reason(verifying(listed(jane)).verify({ payload: `${payload} `, signature }, at)), /does not hold/);
  });

  it('by a subkey count for the primary key that is listed', async () => {
    const by = await signatureBy(withSubkey);
    const { fingerprint } = listed(withSubkey);
    assert.deepEqual(await verifying(listed(withSubkey), listed(jane)).verify({ payload, signature: by }, at), { signedBy: fingerprint });
    const later = made.getTime() + 101 * day;
    assert.match(await reason(verifying(listed(withSubkey)).verify({ payload, signature: by }, later)), /the key may not sign: .*expired/);
  });

  it('by a subkey do not count where only somebody else’s primary key claims it', async () => {
    const thief = await newKey();
    const stolen = thief.toPublic();
    stolen.subkeys.push(...withSubkey.toPublic().subkeys);
    const by = await signatureBy(withSubkey);
    assert.match(await reason(verifying(listed(stolen)).verify({ payload, signature: by }, at)), /may not sign/);
  });

  it('do not count by a key that nobody lists: its fingerprint is named', async () => {
    const told = await reason(verifying(listed(withSubkey)).verify({ payload, signature }, at));
    assert.equal(told, `signed by a key that nobody lists: openpgp:${jane.getFingerprint().toUpperCase()}`);
  });

  it('do not count by a key that was revoked, not even those that were made before', async () => {
    for (const flag of [0, 1, 2, 3]) {
      const reasonForRevocation = { flag, string: 'replaced' };
      const { publicKey } = await revokeKey({ key: jane, reasonForRevocation, date: new Date(at - day), format: 'object' });
      assert.match(await reason(verifying(listed(publicKey)).verify({ payload, signature }, at - 2 * day)), /the key is revoked/);
    }
  });

  it('do not count when they are dated later than now, but for clocks that differ a little', async () => {
    const ahead = await signatureBy(jane, { date: new Date(at + 30_000) });
    assert.ok('signedBy' in (await verifying(listed(jane)).verify({ payload, signature: ahead }, at)));
    const future = await signatureBy(jane, { date: new Date(at + 61_000) });
    assert.match(await reason(verifying(listed(jane)).verify({ payload, signature: future }, at)), /dated later than now: 2026-06-01/);
  });

  it('over text are refused: line ends would not count', async () => {
    const message = await createMessage({ text: payload });
    const text = await sign({ message, signingKeys: jane, detached: true, date: new Date(at), format: 'armored' });
    assert.match(await reason(verifying(listed(jane)).verify({ payload, signature: text }, at)), /one over text/);
  });

  it('made before a key was given a new expiry count, because gpg puts the new self-signature in the place of the old one', async () => {
    const userIDs = [{ name: 'Jane', email: 'jane@example.com' }];
    const renewed = await reformatKey({
      privateKey: jane,
      userIDs,
      date: new Date(at - 10 * day),
      keyExpirationTime: 86_400 * 200,
      format: 'object',
    });
    const { fingerprint } = listed(renewed.publicKey);
    assert.deepEqual(await verifying(listed(renewed.publicKey)).verify({ payload, signature }, at), { signedBy: fingerprint });
  });

  it('count for nobody when what is listed under a fingerprint is another key', async () => {
    const mixed = { ...listed(jane), fingerprint: listed(withSubkey).fingerprint };
    assert.match(await reason(verifying(mixed).verify({ payload, signature }, at)), /takes it for another key/);
  });

  it('are one in one armour, and nothing else', async () => {
    const both = await signatureBy([jane, withSubkey]);
    const verifier = verifying(listed(jane), listed(withSubkey));
    assert.match(await reason(verifier.verify({ payload, signature: both }, at)), /holds 2 signatures, not one/);
    const { data } = openArmour(signature);
    assert.ok('signedBy' in (await verifier.verify({ payload, signature: armoured(data) }, at)));
    const key = openArmour(jane.toPublic().armor()).data;
    assert.match(
      await reason(verifier.verify({ payload, signature: armoured(Buffer.concat([data, key])) }, at)),
      /something else than a signature/,
    );
    assert.match(
      await reason(verifier.verify({ payload, signature: armoured(Buffer.concat([data, Buffer.alloc(1)])) }, at)),
      /no OpenPGP packet/,
    );
    assert.match(await reason(verifier.verify({ payload, signature: `${signature}${signature}` }, at)), /something follows its end/);
    assert.match(await reason(verifier.verify({ payload, signature: armoured(Buffer.from([0xc2, 1, 3])) }, at)), /cannot be taken/);
    assert.match(await reason(verifier.verify({ payload, signature: armoured(Buffer.alloc(0)) }, at)), /no base64/);
  });

  it('count as long as their key is listed', async () => {
    let keys = [listed(jane)];
    const verifier = new Signatures(() => keys);
    assert.ok('signedBy' in (await verifier.verify({ payload, signature }, at)));
    keys = [listed(withSubkey)];
    assert.match(await reason(verifier.verify({ payload, signature }, at)), /nobody lists/);
  });

  it('end in the same signer or in words when bytes of them are others', async () => {
    const { data } = openArmour(signature);
    const key = listed(jane);
    const verifier = verifying(key);
    await fc.assert(
      fc.asyncProperty(fc.nat(data.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (place, change, cut) => {
        const changed = Buffer.from(cut ? data.subarray(0, place) : data);
        if (!cut) changed[place] = (changed[place] ?? 0) ^ change;
        const told = await verifier.verify({ payload, signature: armoured(changed) }, at);
        if ('signedBy' in told) assert.equal(told.signedBy, key.fingerprint);
        else assert.match(told.unsigned, /^[^\p{Cc}]+$/u);
        assert.ok('unsigned' in (await verifier.verify({ payload: `${payload}x`, signature: armoured(changed) }, at)));
      }),
    );
  });

  it('may be any packets: they end in words', async () => {
    const verifier = verifying(listed(jane));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        const packet = Buffer.concat([Buffer.from([0xc2, bytes.length + 1, 4]), bytes]);
        assert.match(await reason(verifier.verify({ payload, signature: armoured(packet) }, at)), /^[^\p{Cc}]+$/u);
      }),
    );
  });
});
