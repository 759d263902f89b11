import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { houseFiles, readPackages, root } from './house-files.ts';
import { judgeImport } from './import-table.ts';
import { readImports } from './read-imports.ts';

/** Lines `file:line: specifier: what is wrong` for a whole checkout. */
export function importViolations(at: string): readonly string[] {
  const packages = readPackages(at);
  return houseFiles(at, '.ts').flatMap((file) =>
    readImports(file, readFileSync(join(at, file), 'utf8')).flatMap(({ line, specifier }) => {
      const fault = judgeImport(file, specifier, packages);
      return fault === undefined ? [] : [`${file}:${line}: ${specifier}: ${fault}`];
    }),
  );
}

if (import.meta.main) {
  const faults = importViolations(root);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
}
