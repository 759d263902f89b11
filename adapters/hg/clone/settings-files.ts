import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes files of settings into a directory that its owner alone may read, each anew only when it changes. */
export class SettingsFiles {
  readonly #directory: string;
  readonly #written = new Map<string, string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @returns its path. Whoever reads it meanwhile finds the old or the new one, whole. */
  write(name: string, text: string): Promise<string> {
    const written = this.#turn.then(() => this.#write(name, text));
    this.#turn = written.catch(() => {});
    return written;
  }

  async #write(name: string, text: string): Promise<string> {
    const path = join(this.#directory, name);
    if (this.#written.get(name) === text) return path;
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
    this.#written.set(name, text);
    return path;
  }
}
