import { randomBytes } from 'node:crypto';
import { copyFile, chmod, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { loadConfig } from '#config/load-config.ts';
import type { JournalConfig } from '#config/stores-schema.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { backUpJournal } from '#journal/sqlite/back-up.ts';
import { recordsSettings } from '#server/records-settings.ts';

export interface BackUpOptions {
  /** Absolute. */
  readonly configPath: string;
  /** The directory that is made, absolute. */
  readonly into: string;
}

export interface BackUpReport {
  /** Names of the files in the directory. */
  readonly files: readonly string[];
  /** Bytes of the journal's copy. */
  readonly bytes: number;
  /** Paths of what a restore needs too, and the config keeps outside the data directory. */
  readonly elsewhere: readonly string[];
}

/** Its own files are all that is wanted of a config here. */
const anyAdapters = { source: z.looseObject({ name: z.string(), type: z.string() }), sink: z.looseObject({ name: z.string() }) };

/**
 * Makes a directory that can take the place of the data directory: the journal as of one moment, the keys of the records, and their
 * checkpoints, which are older than the journal's copy, so that it continues them. It has its name only once all of it is on stable storage.
 * A server may run meanwhile.
 * @throws HeadgateError CONFIG_UNREADABLE, CONFIG_INVALID, USAGE when the directory is there, BACKUP_FAILED
 */
export async function backUp({ configPath, into }: BackUpOptions): Promise<BackUpReport> {
  const config = await loadConfig(configPath, anyAdapters);
  const path = fileOf(config.journal);
  if (await exists(into))
    throw new HeadgateError('USAGE', `${into} is there already`, { hint: 'Name a directory that does not exist yet.' });
  const { key, persons, file } = recordsSettings(config);
  const beside = [file, key, persons].filter((each) => dirname(each) === config.dataDirectory);
  const draft = `${into}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(draft, { mode: 0o700 });
    const copied = [];
    for (const each of beside) if (await copyPrivately(each, draft)) copied.push(basename(each));
    const journal = basename(path);
    backUpJournal(path, join(draft, journal));
    const files = [journal, ...copied];
    for (const name of files) await sync(join(draft, name));
    await sync(draft);
    const { size } = await stat(join(draft, journal));
    await rename(draft, into);
    await sync(dirname(into));
    return { files, bytes: size, elsewhere: [file, key, persons].filter((each) => !beside.includes(each)) };
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    throw new HeadgateError('BACKUP_FAILED', `${into}: ${messageOf(cause)}`, { cause });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** @throws HeadgateError USAGE for a journal in Postgres, whose own tools back it up */
function fileOf({ sqlite }: JournalConfig): string {
  if (sqlite !== undefined) return sqlite.path;
  throw new HeadgateError('USAGE', 'the journal is in Postgres', {
    hint: "Use Postgres' own tools: `pg_dump --format=custom`, or its continuous archiving.",
  });
}

/** Resolves false when there is nothing to copy. */
async function copyPrivately(file: string, directory: string): Promise<boolean> {
  if (!(await exists(file))) return false;
  const copy = join(directory, basename(file));
  await copyFile(file, copy);
  await chmod(copy, 0o600);
  return true;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
