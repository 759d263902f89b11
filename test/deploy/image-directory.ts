import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { root } from '../house/house-files.ts';
import { copiesOf, type Stage } from './dockerfile.ts';

const Lock = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional(), optional: z.boolean().optional() })) });

/** Puts into an empty directory what the last stage copies, with the packages of production as links. */
export function fillAsImage(directory: string, stage: Stage): void {
  for (const { stage: from, sources, destination } of copiesOf(stage)) {
    if (from !== null) continue;
    for (const source of sources) {
      const into = destination.endsWith('/') ? join(destination, basename(source)) : destination;
      cpSync(join(root, source), join(directory, into), { recursive: true, filter: (file) => !file.includes('__pycache__') });
    }
  }
  linkPackages(directory);
}

/** Node has to be told to keep to links (`--preserve-symlinks`): otherwise packages would find what is not installed. */
function linkPackages(directory: string): void {
  const { packages } = Lock.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  for (const [path, { dev, optional }] of Object.entries(packages)) {
    if (dev === true || optional === true || path.split('node_modules/').length !== 2) continue;
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    symlinkSync(join(root, path), join(directory, path));
  }
}
