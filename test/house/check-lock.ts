import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from './house-files.ts';

const Lists = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});
const Lock = z.object({ packages: z.looseObject({ '': Lists }) });

/** What is wrong with a lock file: it differs from its package.json, or it holds addresses that packages were downloaded from. */
export function lockFaults(manifest: unknown, lockText: string): readonly string[] {
  const faults: string[] = [];
  const locked = Lock.parse(JSON.parse(lockText)).packages[''];
  if (!isDeepStrictEqual(locked, Lists.parse(manifest))) faults.push('differs from package.json: run `npm install` and commit both');
  if (/"resolved": *"https?:/.test(lockText))
    faults.push('holds download addresses: set omit-lockfile-registry-resolved=true and run `npm install`');
  return faults;
}

if (import.meta.main) {
  for (const folder of ['.', 'bin/runtime']) {
    const read = (name: string): string => readFileSync(join(root, folder, name), 'utf8');
    for (const fault of lockFaults(JSON.parse(read('package.json')), read('package-lock.json'))) {
      process.stderr.write(`${folder}/package-lock.json ${fault}\n`);
      process.exitCode = 1;
    }
  }
}
