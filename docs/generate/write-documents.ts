import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Generator } from './generators.ts';

/** The files of a directory that differ from what is generated now. */
export function staleDocuments(directory: string, generators: readonly Generator[]): readonly string[] {
  return generators.filter(({ file, render }) => readIfThere(join(directory, file)) !== render()).map(({ file }) => file);
}

/** Writes every document that differs, and answers which. */
export function writeDocuments(directory: string, generators: readonly Generator[]): readonly string[] {
  mkdirSync(directory, { recursive: true });
  const stale = staleDocuments(directory, generators);
  for (const { file, render } of generators) {
    if (stale.includes(file)) writeFileSync(join(directory, file), render());
  }
  return stale;
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
