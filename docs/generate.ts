import { fileURLToPath } from 'node:url';
import { generators } from './generate/generators.ts';
import { staleDocuments, writeDocuments } from './generate/write-documents.ts';

// `node docs/generate.ts` writes docs/reference from the code; with --check it writes nothing and fails when that is out of step.
const reference = fileURLToPath(new URL('./reference', import.meta.url));
if (process.argv.includes('--check')) {
  const stale = staleDocuments(reference, generators);
  for (const file of stale) process.stderr.write(`docs/reference/${file} is out of step with the code\n`);
  if (stale.length > 0) {
    process.stderr.write('► run: node docs/generate.ts\n');
    process.exitCode = 1;
  }
} else {
  for (const file of writeDocuments(reference, generators)) process.stdout.write(`✔ docs/reference/${file}\n`);
}
