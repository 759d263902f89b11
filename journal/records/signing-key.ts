import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { createOnce, readPrivate } from '#journal/records/private-file.ts';
import { logName, noteVerifier, type NoteSigner } from '#journal/records/signed-note.ts';

/**
 * The Ed25519 key that signs checkpoints, in PKCS #8 PEM; made (0600) when it is not there.
 * @throws HeadgateError SECRET_UNAVAILABLE when it cannot be made or read, others may read it, or it is another kind of key
 */
export async function openSigningKey(path: string): Promise<NoteSigner> {
  try {
    await createOnce(path, () => String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })));
  } catch (cause) {
    throw unavailable(path, messageOf(cause), cause);
  }
  return readSigningKey(path);
}

/** @throws HeadgateError SECRET_UNAVAILABLE */
export async function readSigningKey(path: string): Promise<NoteSigner> {
  try {
    const privateKey = createPrivateKey(await readPrivate(path));
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('it is not an Ed25519 key');
    const publicKey = createPublicKey(privateKey);
    return { ...noteVerifier(logName(publicKey), publicKey), privateKey };
  } catch (cause) {
    throw unavailable(path, messageOf(cause), cause);
  }
}

function unavailable(path: string, message: string, cause: unknown): HeadgateError {
  return new HeadgateError('SECRET_UNAVAILABLE', `the key that signs checkpoints, ${path}: ${message}`, {
    hint: 'It must be an Ed25519 key in PEM that its owner alone may read; where there is none, one is made at the next start.',
    cause,
  });
}
