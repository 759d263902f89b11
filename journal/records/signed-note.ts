import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';

/** Signature type of Ed25519 (C2SP signed-note, "Signature types"). */
const ed25519 = 0x01;

/** Whose signatures on notes are believed. */
export interface NoteVerifier {
  readonly name: string;
  readonly publicKey: KeyObject;
  /** SHA-256(name, newline, signature type, public key), its first four bytes (C2SP signed-note, "Ed25519 signatures"). */
  readonly id: Buffer;
}

export interface NoteSigner extends NoteVerifier {
  readonly privateKey: KeyObject;
}

/** @param name without spaces and plus signs */
export function noteVerifier(name: string, publicKey: KeyObject): NoteVerifier {
  const encoded = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ed25519), rawPublicKey(publicKey)]);
  return { name, publicKey, id: hash('sha256', encoded, 'buffer').subarray(0, 4) };
}

/** A name that belongs to the key alone, so that no two logs share it. */
export function logName(publicKey: KeyObject): string {
  return `headgate/records/${hash('sha256', rawPublicKey(publicKey)).slice(0, 16)}`;
}

/** Name, id and key in one line, as tools for signed notes take them: `name+id+base64`. */
export function verifierKey({ name, publicKey, id }: NoteVerifier): string {
  const key = Buffer.concat([Buffer.of(ed25519), rawPublicKey(publicKey)]);
  return `${name}+${id.toString('hex')}+${key.toString('base64')}`;
}

/** The inverse of verifierKey; undefined when the text is none, or its id is not that of its key. */
export function parseVerifierKey(text: string): NoteVerifier | undefined {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text.trim()) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (name === undefined || bytes.length !== 33 || bytes[0] !== ed25519) return undefined;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') };
  const verifier = noteVerifier(name, createPublicKey({ key: jwk, format: 'jwk' }));
  return verifier.id.toString('hex') === id ? verifier : undefined;
}

/** @param text ends with a newline */
export function signNote(text: string, { name, id, privateKey }: NoteSigner): string {
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]);
  return `${text}\n— ${name} ${signature.toString('base64')}\n`;
}

/** The text of a note that the key has signed; undefined for every other one. */
export function openNote(note: string, { name, id, publicKey }: NoteVerifier): string | undefined {
  const end = note.lastIndexOf('\n\n');
  if (end < 0) return undefined;
  const text = note.slice(0, end + 1);
  for (const line of note.slice(end + 2).split('\n')) {
    const [, signer, encoded = ''] = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
    const signature = Buffer.from(encoded, 'base64');
    if (signer !== name || !signature.subarray(0, 4).equals(id)) continue;
    return verify(null, Buffer.from(text), publicKey, signature.subarray(4)) ? text : undefined;
  }
  return undefined;
}

/** 32 bytes (RFC 8032). */
function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}
