import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, link, lstat, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadgateError, messageOf } from '#core/errors.ts';

/** What the operator shows to the API: whoever can read the file may. */
export interface OperatorToken {
  readonly path: string;
  /** Whether an Authorization header carries the token; takes the same time for every wrong one. */
  accepts(authorization: string | undefined): boolean;
}

const form = /^[A-Za-z0-9_-]{32,256}$/;

/**
 * Reads `operator.token` in the data directory, creating it (0600, 256 random bits) when it is not there.
 * @throws HeadgateError SECRET_UNAVAILABLE when it cannot be created or read, or holds something else
 */
export async function openOperatorToken(dataDirectory: string): Promise<OperatorToken> {
  const path = join(dataDirectory, 'operator.token');
  try {
    await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
    await createOnce(path);
    await closeToOthers(path);
    return tokenFrom(path, (await readFile(path, 'utf8')).trim());
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    throw new HeadgateError('SECRET_UNAVAILABLE', `${path}: ${messageOf(cause)}`, {
      hint: 'The data directory (of spec.journal) must be writable by the account that runs Headgate.',
      cause,
    });
  }
}

function tokenFrom(path: string, value: string): OperatorToken {
  if (!form.test(value)) {
    throw new HeadgateError('SECRET_UNAVAILABLE', `${path} does not hold a token`, {
      hint: 'Delete the file: a new token is written at the next start.',
    });
  }
  const expected = digest(`Bearer ${value}`);
  return { path, accepts: (authorization) => authorization !== undefined && timingSafeEqual(digest(authorization), expected) };
}

/** Complete before it has its name, and never over another one: two processes that start together agree on one token. */
async function createOnce(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(32).toString('base64url')}\n`);
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if (!isExisting(error)) throw error;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

async function closeToOthers(path: string): Promise<void> {
  const stat = await lstat(path);
  if (!stat.isFile()) throw new HeadgateError('SECRET_UNAVAILABLE', `${path} is not a regular file`);
  if ((stat.mode & 0o077) !== 0) await chmod(path, 0o600);
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

/** Of equal length whatever is compared. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
