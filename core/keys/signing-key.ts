import { HeadgateError } from '#core/errors.ts';
import { openArmour } from '#core/keys/armour.ts';
import { fingerprintOf, packetTypes, readPackets, type Packet } from '#core/keys/openpgp-packets.ts';
import { readSshPublicKey, sshFingerprint, type SshPublicKey } from '#core/keys/ssh-public-key.ts';
import { limits } from '#core/limits.ts';

/** A public key that somebody lists as theirs. */
export interface SigningKey {
  readonly kind: 'openpgp' | 'ssh';
  /** As core/signature.ts writes it; of OpenPGP, the primary key's. */
  readonly fingerprint: string;
  /** As it was given, without white space around it. */
  readonly text: string;
}

/**
 * Reads a public key as people hand it out: `gpg --armor --export ID`, or a line of `id_ed25519.pub`. Whether the key may sign,
 * and until when, is asked when something is verified: keys expire while documents stand still.
 * @throws HeadgateError CONFIG_INVALID saying what is wrong with it
 */
export function readSigningKey(text: string): SigningKey {
  try {
    if (text.length > limits.signatures.keyChars) throw new RangeError(`it is longer than ${limits.signatures.keyChars} characters`);
    return text.trimStart().startsWith('-----BEGIN') ? openPgpKey(text) : sshKey(text.trim());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new HeadgateError('CONFIG_INVALID', error.message, { cause: error });
  }
}

function openPgpKey(text: string): SigningKey {
  const { label, data } = openArmour(text);
  if (/PRIVATE|SECRET/.test(label)) refusePrivate();
  if (label !== 'PGP PUBLIC KEY BLOCK') throw new RangeError(`a ${label} is no public key`);
  const packets = readPackets(data, limits.signatures.keyPackets);
  if (packets.some(({ type }) => type === packetTypes.secretKey || type === packetTypes.secretSubkey)) refusePrivate();
  return { kind: 'openpgp', fingerprint: `openpgp:${fingerprintOf(primaryOf(packets))}`, text: text.trim() };
}

function primaryOf(packets: readonly Packet[]): Packet {
  const [first] = packets;
  if (first?.type !== packetTypes.publicKey) throw new RangeError('it does not begin with a public key');
  const others = packets.filter(({ type }) => type === packetTypes.publicKey).length - 1;
  if (others > 0) throw new RangeError('it holds several keys: list each by itself');
  return first;
}

/** sshd(8), "AUTHORIZED_KEYS FILE FORMAT", without options: they would be promises that nobody keeps. */
function sshKey(line: string): SigningKey {
  const [, type, base64] = /^([a-z0-9@.-]{1,64}) ([A-Za-z0-9+/]+={0,2})(?: [^\n\r]*)?$/.exec(line) ?? [];
  if (type === undefined || base64 === undefined) {
    throw new RangeError('it is neither one armoured OpenPGP key nor one line such as `ssh-ed25519 AAAA… comment`, without options');
  }
  const blob = Buffer.from(base64, 'base64');
  const key = readBlob(blob);
  if (key.type !== type) throw new RangeError(`its line says \`${type}\`, but it is of the type \`${key.type}\``);
  return { kind: 'ssh', fingerprint: `ssh:${sshFingerprint(blob)}`, text: line };
}

function readBlob(blob: Buffer): SshPublicKey {
  try {
    return readSshPublicKey(blob);
  } catch (error) {
    throw error instanceof RangeError ? new RangeError(`what follows its type is no key: ${error.message}`, { cause: error }) : error;
  }
}

function refusePrivate(): never {
  throw new RangeError(
    'it is a PRIVATE key, which whoever could read this may have now: revoke it, make a new one, and list only its public part',
  );
}
