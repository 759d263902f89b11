import { config, createMessage, enums, readKey, readSignature, verify, type Config, type Key, type SignaturePacket } from 'openpgp';
import { limits } from '#core/limits.ts';
import { packetTypes, readPackets } from '#core/keys/openpgp-packets.ts';
import type { Signing } from '#core/signature.ts';
import type { ListedKeys, ListedOpenPgpKey } from '#identity/signatures/listed-keys.ts';

/** What is too weak, for signatures and for what binds a key together: the library's own choice, without SHA-1 and with each set written out. */
const strict: Config = {
  ...config,
  minRSABits: limits.signatures.rsaBitsMin - 1, // a key "of 2048 bits" may have a product of 2047
  rejectHashAlgorithms: new Set([enums.hash.md5, enums.hash.ripemd, enums.hash.sha1]),
  rejectMessageHashAlgorithms: new Set([enums.hash.md5, enums.hash.ripemd, enums.hash.sha1]),
  rejectPublicKeyAlgorithms: new Set([enums.publicKey.elgamal, enums.publicKey.dsa]),
  // gpg puts a new self-signature in the place of the old one when a key's expiry is extended: what a key might do when it signed is gone.
  // Judged by what it may do now, it must do so at `at`: see requireSound.
  allowInsecureVerificationWithReformattedKeys: true,
  allowMissingKeyFlags: false,
  maxUserIDLength: 10 * 1024,
};

/** Verifies OpenPGP signatures (RFC 9580) against listed keys, each of which is opened once. */
export class OpenPgpSignatures {
  readonly #keys: ListedKeys;
  readonly #opened = new Map<ListedOpenPgpKey, Promise<Key>>();

  constructor(keys: ListedKeys) {
    this.#keys = keys;
  }

  /**
   * What a signature comes to: key and signature must be valid at `at`, not only when it was made.
   * @throws RangeError when it cannot be read
   */
  async judge(payload: Buffer, data: Buffer, at: number): Promise<Signing> {
    const packet = await readOnly(data);
    const fault = faultOf(packet, at);
    if (fault !== null) return { unsigned: fault };
    const candidates = this.#keys.openPgp(packet.issuerKeyID.toHex().toUpperCase());
    if (candidates.length === 0) return { unsigned: `signed by a key that nobody lists: openpgp:${issuerOf(packet)}` };
    const judged = await Promise.all(candidates.map((candidate) => this.#judgeBy(candidate, packet, payload, data, at)));
    const holding = judged.filter((signing) => 'signedBy' in signing);
    if (holding.length > 1)
      return { unsigned: `its key belongs to several listed keys: ${candidates.map(({ fingerprint }) => fingerprint).join(', ')}` };
    return holding[0] ?? judged[0] ?? { unsigned: 'no listed key fits' };
  }

  async #judgeBy(listed: ListedOpenPgpKey, packet: SignaturePacket, payload: Buffer, data: Buffer, at: number): Promise<Signing> {
    const { fingerprint } = listed;
    try {
      const key = await this.#open(listed);
      if (`openpgp:${key.getFingerprint().toUpperCase()}` !== fingerprint) throw new Error('the library takes it for another key');
      const holds = await verifyBy(key, packet, payload, data, at);
      return holds ? { signedBy: fingerprint } : { unsigned: `the signature by ${fingerprint} does not hold` };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { unsigned: `the signature by ${fingerprint} does not hold: ${error.message}` };
    }
  }

  #open(listed: ListedOpenPgpKey): Promise<Key> {
    const opened = this.#opened.get(listed) ?? readKey({ binaryKey: listed.data, config: strict });
    this.#opened.set(listed, opened);
    return opened;
  }
}

/** The one signature packet: of several it would not be seen which of them counts. */
async function readOnly(data: Buffer): Promise<SignaturePacket> {
  const packets = readPackets(data, limits.signatures.signaturePackets);
  if (packets.some(({ type }) => type !== packetTypes.signature)) throw new RangeError('it holds something else than a signature');
  if (packets.length !== 1) throw new RangeError(`it holds ${packets.length} signatures, not one`);
  const lenient = { ignoreUnsupportedPackets: false, ignoreMalformedPackets: false };
  const read = await asFormat(() => readSignature({ binarySignature: data, config: lenient }));
  const packet = read.packets[0];
  if (packet === undefined) throw new RangeError('it holds no signature that is known');
  return packet;
}

function faultOf({ signatureType, created }: SignaturePacket, at: number): string | null {
  if (signatureType !== enums.signature.binary) return 'the signature is one over text, not over the bytes of the object';
  if (created === null) return 'the signature does not say when it was made';
  if (created.getTime() > at + limits.signatures.skew) return `the signature is dated later than now: ${created.toISOString()}`;
  return null;
}

async function verifyBy(key: Key, packet: SignaturePacket, payload: Buffer, data: Buffer, at: number): Promise<boolean> {
  const now = new Date(Math.max(at, packet.created?.getTime() ?? at)); // a clock that is a little ahead
  await requireSound(key, packet, now);
  const message = await createMessage({ binary: new Uint8Array(payload) });
  const signature = await readSignature({ binarySignature: data });
  const { signatures } = await verify({ message, signature, verificationKeys: key, date: now, config: strict });
  const [first, ...others] = signatures;
  return first !== undefined && others.length === 0 && (await first.verified);
}

/**
 * The library passes over revocations that it cannot verify. Whoever lists a key with a revocation means it, whatever its date:
 * it is no longer to be believed when a signature says that it was made before.
 */
async function requireSound(key: Key, { issuerKeyID }: SignaturePacket, moment: Date): Promise<void> {
  const parts = [key, ...key.getSubkeys(issuerKeyID)];
  if (parts.some(({ revocationSignatures }) => revocationSignatures.length > 0)) throw new Error('the key is revoked');
  const expiry = await key.getExpirationTime();
  if (expiry instanceof Date && expiry <= moment) throw new Error(`the key has expired at ${expiry.toISOString()}`);
  try {
    await key.getSigningKey(issuerKeyID, moment, undefined, strict);
  } catch (error) {
    throw new Error(`the key may not sign: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Whoever signed, as far as the signature says. */
function issuerOf({ issuerFingerprint, issuerKeyID }: SignaturePacket): string {
  return (issuerFingerprint ? Buffer.from(issuerFingerprint).toString('hex') : issuerKeyID.toHex()).toUpperCase();
}

async function asFormat<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
