import { createHash } from 'node:crypto';
import type { PersonKey } from '#core/person.ts';
import { primaryKeyOf } from '#policy/people/openpgp-key.ts';

/** @returns what identifies a public key, as core/signature.ts writes it, or in words why it is none */
export function fingerprintOf(kind: PersonKey['kind'], text: string): string | { readonly problem: string } {
  return kind === 'openpgp' ? openpgpFingerprint(text) : sshFingerprint(text);
}

/** RFC 9580 section 5.5.4: of version 4 SHA-1, of version 6 SHA-256, over a framed copy of the packet. */
function openpgpFingerprint(text: string): string | { readonly problem: string } {
  const key = primaryKeyOf(text);
  if ('problem' in key) return key;
  const [version] = key;
  if (version !== 4 && version !== 6) return { problem: `it is a key of version ${version ?? 0}; versions 4 and 6 are known` };
  const frame = Buffer.alloc(version === 4 ? 3 : 5);
  frame[0] = version === 4 ? 0x99 : 0x9b;
  frame.writeUIntBE(key.length, 1, frame.length - 1);
  const hash = createHash(version === 4 ? 'sha1' : 'sha256');
  return `openpgp:${hash.update(frame).update(key).digest('hex').toUpperCase()}`;
}

/** RFC 4253 section 6.6: the blob begins with its own type. Certificates name another key and are refused. */
const sshLine =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) ([A-Za-z0-9+/]+={0,2})(?: [^\r\n]*)?$/;

function sshFingerprint(text: string): string | { readonly problem: string } {
  const [, type, base64] = sshLine.exec(text.trim()) ?? [];
  if (type === undefined || base64 === undefined)
    return { problem: 'it is no line such as `ssh-ed25519 AAAA… comment`: one public key, without options, and no certificate' };
  const blob = Buffer.from(base64, 'base64');
  const isWhole = blob.toString('base64') === base64 && blob.length > 4 + type.length;
  if (!isWhole || blob.readUInt32BE(0) !== type.length || blob.toString('latin1', 4, 4 + type.length) !== type)
    return { problem: `its second word is no key of type ${type}` };
  return `ssh:SHA256:${createHash('sha256').update(blob).digest('base64').replaceAll('=', '')}`;
}
