import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { Turns } from '#core/turns.ts';

export interface MirrorDirectoryOptions {
  readonly directory: string;
  /** For all mirrors together. */
  readonly bytes: number;
  readonly clock: Clock;
  readonly log: Log;
}

interface Entry {
  bytes: number;
  usedAt: number;
}

const MIRROR = /^[0-9a-f]{64}\.git$/;

/**
 * Where the mirrors of one source lie, each in a folder of its own, used by one task at a time.
 * When they outgrow the bound, those that were used least recently are deleted. One process at a time may own the directory.
 */
export class MirrorDirectory {
  readonly #options: MirrorDirectoryOptions;
  readonly #turns = new Turns();
  readonly #entries = new Map<string, Entry>();
  #opened: Promise<void> | undefined;
  #discarded = 0;

  constructor(options: MirrorDirectoryOptions) {
    this.#options = options;
  }

  /** Runs a task alone on the mirror of that name (64 hex digits); its folder need not exist yet. */
  use<T>(name: string, task: (path: string) => Promise<T>): Promise<T> {
    const folder = `${name}.git`;
    return this.#turns.take(folder, async () => {
      await this.#open();
      await this.#touch(folder);
      return task(join(this.#options.directory, folder));
    });
  }

  /** To be called by the task that has made a mirror larger. */
  async grown(path: string): Promise<void> {
    const folder = folderOf(path);
    this.#entries.set(folder, { bytes: await sizeOf(path), usedAt: this.#options.clock.now() });
    await this.#makeRoom();
  }

  /** Deletes a mirror, by the task that uses it. */
  async discard(path: string): Promise<void> {
    this.#entries.delete(folderOf(path));
    const aside = `${path}.${++this.#discarded}.gone`;
    await rename(path, aside).then(
      () => rm(aside, { recursive: true, force: true }),
      (error: unknown) => {
        if (!isAbsent(error)) throw error;
      },
    );
  }

  /** Makes the directory, removes what an earlier process left half deleted, and learns what is there. */
  #open(): Promise<void> {
    this.#opened ??= this.#scan().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #scan(): Promise<void> {
    const { directory } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const folder of await readdir(directory)) {
      const path = join(directory, folder);
      if (folder.endsWith('.gone')) await rm(path, { recursive: true, force: true });
      else if (MIRROR.test(folder)) {
        await removeLeftovers(path);
        this.#entries.set(folder, { bytes: await sizeOf(path), usedAt: (await stat(path)).mtimeMs });
      }
    }
  }

  async #touch(folder: string): Promise<void> {
    const entry = this.#entries.get(folder);
    if (entry === undefined) return;
    entry.usedAt = this.#options.clock.now();
    const seconds = entry.usedAt / 1_000;
    await utimes(join(this.#options.directory, folder), seconds, seconds); // for the next start
  }

  async #makeRoom(): Promise<void> {
    const { directory, bytes, log } = this.#options;
    const oldest = [...this.#entries].toSorted(([, one], [, other]) => one.usedAt - other.usedAt);
    let total = oldest.reduce((sum, [, entry]) => sum + entry.bytes, 0);
    for (const [folder, entry] of oldest) {
      if (total <= bytes) return;
      if (this.#turns.isBusy(folder)) continue;
      total -= entry.bytes;
      log.info('a mirror that was used least recently makes room for others', { bytes: entry.bytes });
      await this.#turns
        .take(folder, () => this.discard(join(directory, folder)))
        .catch((error: unknown) => {
          log.warn('a mirror could not be deleted', { error: messageOf(error) });
        });
    }
  }
}

function folderOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Bytes of all files of a folder; 0 when there is none. Files may vanish meanwhile. */
export async function sizeOf(path: string): Promise<number> {
  let total = 0;
  for (const file of await filesOf(path)) {
    const info = await stat(file).catch(() => undefined);
    total += info?.size ?? 0;
  }
  return total;
}

/** What git leaves behind when it is killed: locks and half a pack. Nobody else may be at work there. */
export async function removeLeftovers(path: string): Promise<void> {
  for (const file of await filesOf(path)) {
    if (/\.lock$|\/tmp_[^/]*$/.test(file)) await rm(file, { force: true });
  }
}

/** How many packs a mirror has. */
export async function countPacks(path: string): Promise<number> {
  return (await filesOf(join(path, 'objects', 'pack'))).filter((file) => file.endsWith('.pack')).length;
}

async function filesOf(path: string): Promise<readonly string[]> {
  try {
    const found = await readdir(path, { recursive: true, withFileTypes: true });
    return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
