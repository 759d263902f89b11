import { createHash } from 'node:crypto';
import { limits } from '#core/limits.ts';
import type { SignedObject, TakenFor } from '#core/signature.ts';
import { isHgTag } from '#core/tag-name.ts';

/*
 * How git puts a signature into an object: gitformat-signature(5), "COMMIT SIGNATURES" and "TAG SIGNATURES". An object that carries several
 * keeps them all, one behind the other, and is refused when it is verified.
 */

/** What git takes for the beginning of a signature in a tag (gpg-interface.c); those of kinds that are not verified here as well. */
const tagSignature = /^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE|SSH SIGNATURE)-----/;
/** Headers that hold signatures: of the object as SHA-1 and as SHA-256 name it. Neither is part of what is signed. */
const signatureHeaders = ['gpgsig', 'gpgsig-sha256'] as const;

/**
 * A commit apart from its signature; null when it carries none.
 * @param raw the object as it is stored, without git's own header; Latin-1
 * @param id which tells the object format, and with it which header counts
 */
export function signedCommit(raw: string, id: string): SignedObject | null {
  const end = raw.indexOf('\n\n');
  const { kept, taken } = takeHeaders(raw.slice(0, end < 0 ? raw.length : end + 1));
  const signature = taken.get(id.length === 64 ? 'gpgsig-sha256' : 'gpgsig');
  return signature === undefined ? null : { payload: kept + (end < 0 ? '' : raw.slice(end + 1)), signature };
}

/** An annotated tag apart from its signature, which is its end; null when it carries none. */
export function signedTag(raw: string): SignedObject | null {
  const begin = raw.search(/\n\n/) + 1;
  const header = takeHeaders(raw.slice(0, begin)).kept;
  const at = lastLine(raw, begin, tagSignature);
  return at === null ? null : { payload: header + raw.slice(begin, at), signature: raw.slice(at) };
}

/** Splits lines of a header into those that are signed, and the values of those that hold signatures. */
function takeHeaders(header: string): { readonly kept: string; readonly taken: ReadonlyMap<string, string> } {
  const taken = new Map<string, string>();
  let kept = '';
  let name: string | undefined;
  for (const line of header.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (name === undefined || !line.startsWith(' ')) name = signatureHeaders.find((each) => line.startsWith(`${each} `));
    if (name === undefined) kept += line;
    else taken.set(name, (taken.get(name) ?? '') + line.slice(line.startsWith(' ') ? 1 : name.length + 1));
  }
  return { kept, taken };
}

function lastLine(text: string, from: number, begins: RegExp): number | null {
  for (let at = text.length; at > from; ) {
    const start = text.lastIndexOf('\n', at - 1) + 1;
    if (start < from) return null;
    if (begins.test(text.slice(start, start + 40))) return start;
    at = start - 1;
  }
  return null;
}

/**
 * What an API says that an object carries, once it is certain that this very object does: putting both together again must give its id.
 * @param payload as text, of which the object has the UTF-8
 * @returns null when it is another object's, cannot be put together again, or is larger than what would be verified
 */
export function confirmSigned(kind: 'commit' | 'tag', id: string, payload: string, signature: string): SignedObject | null {
  if (payload.length > limits.signatures.payloadBytes || signature.length > limits.signatures.signatureChars) return null;
  const bytes = Buffer.from(payload, 'utf8').toString('latin1');
  const whole = kind === 'tag' ? tagsOf(bytes, signature) : commitsOf(bytes, signature, id.length === 64 ? 'gpgsig-sha256' : 'gpgsig');
  return whole.some((raw) => objectId(kind, raw, id.length) === id) ? { payload: bytes, signature } : null;
}

function tagsOf(payload: string, signature: string): readonly string[] {
  return endings(signature).map((ended) => payload + ended);
}

/** git writes the signature as the last header; other programs that make commits do so before one of the others. */
function commitsOf(payload: string, signature: string, name: string): readonly string[] {
  const end = payload.indexOf('\n\n') + 1;
  const lines = payload.slice(0, end).split('\n').slice(0, -1);
  const places = lines.slice(-mostPlaces).map((_, index, last) => last.slice(index + 1).reduce((at, line) => at - line.length - 1, end));
  const headers = endings(signature).map((ended) => `${name} ${ended.replaceAll('\n', '\n ')}\n`);
  return places.toReversed().flatMap((at) => headers.map((header) => payload.slice(0, at) + header + payload.slice(at)));
}

/** Headers behind which a signature is looked for. */
const mostPlaces = 8;

/** APIs may trim what ends a signature. */
function endings(signature: string): readonly string[] {
  const trimmed = signature.replace(/\n+$/, '');
  return [trimmed, `${trimmed}\n`, `${trimmed}\n\n`];
}

/** git-hash-object(1). */
function objectId(kind: 'commit' | 'tag', raw: string, idLength: number): string {
  const bytes = Buffer.from(raw, 'latin1');
  return createHash(idLength === 64 ? 'sha256' : 'sha1')
    .update(`${kind} ${bytes.length}\0`)
    .update(bytes)
    .digest('hex');
}

/** In words, why what is signed is not this very tag; null when it is. @param payload Latin-1 */
export function tagFault(payload: string, { ref, object: of, commit }: TakenFor): string | null {
  if (isHgTag(ref)) return payload === `${of}\n` ? null : `what is signed is not ${of}, the changeset that brought the tag`;
  const [, object, type, name] = /^object ([0-9a-f]{40,64})\ntype ([a-z]+)\ntag ([^\n]+)\n/.exec(payload) ?? [];
  if (object === undefined || type === undefined || name === undefined) return 'what is signed is no tag';
  const said = `refs/tags/${Buffer.from(name, 'latin1').toString('utf8')}`;
  if (said !== ref) return `the signed tag is called ${said}, not ${ref}`;
  if (type !== 'commit') return `the tag is one of a ${type}, not of a commit`;
  return object === commit ? null : `the signed tag stands for ${object}, not for ${commit}`;
}
