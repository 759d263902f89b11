import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '#core/limits.ts';
import type { TextFile } from '#config/yaml-documents.ts';

/** The documents of a directory at one moment. */
export interface Snapshot {
  /** Changes whenever any of the files may have. */
  readonly stamp: string;
  readonly files: readonly TextFile[];
}

/**
 * Reads the `*.yaml` and `*.yml` files of a directory, by name; hidden ones and subdirectories are left out.
 * Symlinks are followed, so that a mounted ConfigMap works. Nothing is read when the stamp is still the known one.
 * @param read reads one file
 * @throws Error when something cannot be read, is too much, or changed while it was read
 */
export function readDirectory(path: string, knownStamp: string | null, read = readText): Snapshot | undefined {
  const names = documentNames(path);
  const stamp = stampOf(path, names);
  if (stamp === knownStamp) return undefined;
  const files = readAll(path, names, read);
  // a ConfigMap is updated by swapping one symlink: without this look half of the files could be of the old one
  if (stampOf(path, documentNames(path)) !== stamp) throw new Error(`${path} changed while it was read`);
  return { stamp, files };
}

function documentNames(path: string): readonly string[] {
  const names = readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && /\.ya?ml$/.test(entry.name))
    .map(({ name }) => name)
    .sort();
  if (names.length > limits.config.policyFiles) throw new Error(`${path} holds more than ${limits.config.policyFiles} files`);
  return names;
}

function stampOf(path: string, names: readonly string[]): string {
  return names
    .map((name) => {
      const stat = statSync(join(path, name), { bigint: true });
      if (!stat.isFile()) throw new Error(`${join(path, name)} is not a regular file`);
      return `${name}\0${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
    })
    .join('\0');
}

function readAll(path: string, names: readonly string[], read: (file: string) => string): readonly TextFile[] {
  let bytes = 0;
  return names.map((name) => {
    const file = join(path, name);
    const { size } = statSync(file);
    bytes += size;
    if (size > limits.config.fileBytes) throw new Error(`${file} is larger than ${limits.config.fileBytes} bytes`);
    if (bytes > limits.config.policyBytes) throw new Error(`${path} holds more than ${limits.config.policyBytes} bytes`);
    return { name: file, text: read(file) };
  });
}

function readText(file: string): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
}
