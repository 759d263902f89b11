import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { logName, noteVerifier, type NoteSigner } from '#journal/records/signed-note.ts';

/**
 * The Ed25519 key that signs checkpoints, in PKCS #8 PEM; made (0600) when it is not there.
 * @throws HeadgateError SECRET_UNAVAILABLE when it cannot be made or read, others may read it, or it is another kind of key
 */
export async function openSigningKey(path: string): Promise<NoteSigner> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await createOnce(path);
  } catch (cause) {
    throw unavailable(path, messageOf(cause), cause);
  }
  return readSigningKey(path);
}

/** @throws HeadgateError SECRET_UNAVAILABLE */
export async function readSigningKey(path: string): Promise<NoteSigner> {
  const pem = await readPrivate(path);
  try {
    const privateKey = createPrivateKey(pem);
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('it is not an Ed25519 key');
    const publicKey = createPublicKey(privateKey);
    return { ...noteVerifier(logName(publicKey), publicKey), privateKey };
  } catch (cause) {
    throw unavailable(path, messageOf(cause), cause);
  }
}

async function readPrivate(path: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) throw new Error(`others may read it (mode ${(mode & 0o777).toString(8)})`);
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unavailable(path, messageOf(cause), cause);
  }
}

/** Complete before it has its name, and never over another one. */
async function createOnce(path: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) return;
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

function unavailable(path: string, message: string, cause: unknown): HeadgateError {
  return new HeadgateError('SECRET_UNAVAILABLE', `the key that signs checkpoints, ${path}: ${message}`, {
    hint: 'It must be an Ed25519 key in PEM that its owner alone may read; where there is none, one is made at the next start.',
    cause,
  });
}
