import { lstatSync, readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Section } from '../figures.ts';

const root = join(import.meta.dirname, '..', '..');

interface LockEntry {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

/** What an installation for production brings: the packages of package-lock.json that are not for development only. */
export function measurePackages(): Section {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockEntry>>;
  };
  const production = Object.entries(lock.packages).filter(
    ([path, entry]) => path !== '' && entry.dev !== true && entry.devOptional !== true,
  );
  const installed = production.map(([path]) => join(root, path)).filter((directory) => existsSync(directory));
  const bytes = installed.reduce((sum, directory) => sum + sizeOf(directory), 0);
  return {
    title: 'Production packages',
    method: ['entries of package-lock.json that are not for development only; size of their files under node_modules'],
    figures: [
      { name: 'packages', unit: '', samples: [installed.length] },
      { name: 'install size', unit: 'MB', samples: [bytes / 1_000_000] },
    ],
  };
}

/** Packages within a package are entries of their own. */
function sizeOf(directory: string): number {
  const entries = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.name !== 'node_modules');
  return entries.reduce((sum, entry) => {
    const path = join(directory, entry.name);
    return sum + (entry.isDirectory() ? sizeOf(path) : lstatSync(path).size);
  }, 0);
}
