import { randomBytes } from 'node:crypto';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { createOnce, readPrivate } from '#journal/records/private-file.ts';

const BYTES = 32;

/**
 * The key that turns names of people into references (person-references.ts), 32 bytes in hex; made (0600) when it is not there.
 * @throws HeadgateError SECRET_UNAVAILABLE when it cannot be made or read, others may read it, or it is something else
 */
export async function openPersonKey(path: string): Promise<Uint8Array> {
  try {
    await createOnce(path, () => `${randomBytes(BYTES).toString('hex')}\n`);
    const text = (await readPrivate(path)).trim();
    if (!/^[0-9a-f]{64}$/.test(text)) throw new Error(`it is not ${BYTES} bytes in hex`);
    return new Uint8Array(Buffer.from(text, 'hex'));
  } catch (cause) {
    throw new HeadgateError('SECRET_UNAVAILABLE', `the key that people are referred to by, ${path}: ${messageOf(cause)}`, {
      hint: 'Its owner alone may read it. With another key the same people get other references; where there is none, one is made at the next start.',
      cause,
    });
  }
}
