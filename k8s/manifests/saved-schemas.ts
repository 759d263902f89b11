import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { pathOf, type Schemas } from './cluster-schemas.ts';
import type { SchemaSet } from './schema-set.ts';

/**
 * Schemas that somebody has saved, for where no cluster is asked: `<directory>/apis/apps/v1.json` is what
 * `kubectl get --raw /openapi/v3/apis/apps/v1` printed. Read when they are first asked for.
 */
export class SavedSchemas implements Schemas {
  readonly #directory: string;
  readonly #sets = new Map<string, SchemaSet>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws HeadgateError SCHEMAS_UNREADABLE */
  async of(groupVersion: string): Promise<SchemaSet | undefined> {
    // What an object says of itself becomes a path only where it is made of names.
    if (!/^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?v[a-z0-9]{1,62}$/.test(groupVersion)) return undefined;
    const known = this.#sets.get(groupVersion);
    if (known) return known;
    const set = await this.#read(groupVersion);
    if (set) this.#sets.set(groupVersion, set);
    return set;
  }

  async #read(groupVersion: string): Promise<SchemaSet | undefined> {
    const path = join(this.#directory, `${pathOf(groupVersion)}.json`);
    try {
      const { size } = await stat(path);
      if (size > limits.preflight.schemaBytes) throw new Error(`it is larger than ${limits.preflight.schemaBytes} bytes`);
      // The validator is large: whoever never asks for a preflight does not hold it.
      const { SchemaSet: Validator } = await import('./schema-set.ts');
      return new Validator(JSON.parse(await readFile(path, 'utf8')), groupVersion);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw new HeadgateError('SCHEMAS_UNREADABLE', `${path}: ${messageOf(error)}`);
    }
  }
}
