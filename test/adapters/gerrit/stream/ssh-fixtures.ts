import { readFileSync } from 'node:fs';
import { copyFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../fixtures/gerrit/ssh/', import.meta.url));

/** The text of a key or known_hosts file, as ssh-keygen has written it. */
export function sshFixture(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

/** Type and base64 of a public key, without its comment. */
export function publicKey(name: string): string {
  return sshFixture(`${name}.pub`).split(' ').slice(0, 2).join(' ');
}

/** A private key where only its owner may read it: a checkout does not keep that. @returns its path */
export async function privateKeyIn(directory: string, name: string): Promise<string> {
  const file = join(directory, name);
  await copyFile(join(folder, name), file);
  await chmod(file, 0o600);
  return file;
}
