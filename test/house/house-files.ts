import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { z } from 'zod';
import type { PackageLists } from './import-table.ts';

/** Root of the checkout. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Files of the checkout, tracked or about to be, relative to its root. */
export function houseFiles(at: string, extension: string): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: at, encoding: 'utf8' });
  return listed.split('\0').filter((file) => file.endsWith(extension) && existsSync(join(at, file)));
}

const Manifest = z.object({ dependencies: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) });

export function readPackages(at: string): PackageLists {
  const manifest = Manifest.parse(JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')));
  return { production: Object.keys(manifest.dependencies), development: Object.keys(manifest.devDependencies) };
}
