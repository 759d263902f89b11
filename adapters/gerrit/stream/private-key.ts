import { createPrivateKey } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

/**
 * Reads the private key with which Gerrit is connected to. It is read anew for each connection, so that replacing it needs no restart.
 * @param self user id of this process; as ssh(1), a key of its own that others may read is refused
 * @throws HeadgateError SSH_UNUSABLE with the command that mends it
 */
export async function readPrivateKey(file: string, self: number | undefined = process.getuid?.()): Promise<Buffer> {
  const text = await read(file, self);
  const { default: ssh2 } = await import('ssh2');
  const parsed = ssh2.utils.parseKey(text);
  if (!(parsed instanceof Error) && parsed.isPrivateKey()) return text;
  throw unusable(file, text.toString('latin1'), parsed instanceof Error ? parsed.message : 'it is the public half');
}

async function read(file: string, self: number | undefined): Promise<Buffer> {
  try {
    const { mode, uid, size } = await stat(file);
    if (uid === self && (mode & 0o077) !== 0) {
      const message = `the SSH key ${file}: others may read it (mode ${(mode & 0o777).toString(8)})`;
      throw new HeadgateError('SSH_UNUSABLE', message, { hint: `\`chmod 0600 ${file}\`` });
    }
    if (size > limits.eventStream.keyBytes)
      throw new HeadgateError('SSH_UNUSABLE', `the SSH key ${file}: a file of ${size} bytes is no key`);
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    const hint = `Make one (${makeOne(file)}) and give ${file}.pub to the account in Gerrit, or name the right file in spec.sources[].ssh.key.`;
    throw new HeadgateError('SSH_UNUSABLE', `the SSH key cannot be read: ${messageOf(cause)}`, { cause, hint });
  }
}

/** What kind of file it is, by how it begins, and what makes a usable one of it. */
function unusable(file: string, text: string, complaint: string): HeadgateError {
  const error = (what: string, hint: string): HeadgateError => new HeadgateError('SSH_UNUSABLE', `the SSH key ${file}: ${what}`, { hint });
  const rewrite = `\`ssh-keygen -p -N '' -f ${file}\``;
  if (/encrypted|passphrase/i.test(complaint) || /-----BEGIN ENCRYPTED PRIVATE KEY-----/.test(text))
    return error(
      'it has a passphrase, and nobody is there to type it',
      `${rewrite} asks for it and takes it away; or make a key without one.`,
    );
  if (/-----BEGIN PRIVATE KEY-----/.test(text))
    return error(
      'it is in the format PKCS#8, which is not taken',
      isRewritable(text) ? `${rewrite} writes it in the format of OpenSSH.` : another(file),
    );
  if (/^(ssh-|ecdsa-|sk-)|-----BEGIN PUBLIC KEY|---- BEGIN SSH2 PUBLIC/.test(text))
    return error('it is a public key', 'Name the other file, the one without `.pub`.');
  return error(`it cannot be read as a key (${complaint})`, another(file));
}

/** ssh-keygen reads PKCS#8 through OpenSSL, and takes no ed25519 key from it before OpenSSH 9.6. */
function isRewritable(pem: string): boolean {
  try {
    return ['rsa', 'ec'].includes(createPrivateKey(pem).asymmetricKeyType ?? '');
  } catch {
    return false;
  }
}

function another(file: string): string {
  return `Make another one: ${makeOne(`${file}-new`)}, give its .pub to the account in Gerrit, and name it in spec.sources[].ssh.key.`;
}

function makeOne(file: string): string {
  return `\`ssh-keygen -t ed25519 -N '' -f ${file}\``;
}
