import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { houseFiles, root } from './house-files.ts';

/** What users read: messages, pages, metrics, manifests, documents. */
const shown = /^(?:(?:adapters|cli|config|core|deploy|docs|handlers|k8s|policy|server|web)\/|README\.md|CHANGELOG\.md|SECURITY\.md)/;
/** At `advisory` Flux polls all the same, so that nothing that policy denies is kept from a cluster. */
const promises = /\bblock(?:ed|ing)\b|\b(?:stopped|prevented|kept out) by (?:a )?policy\b|\bpolicy (?:stopped|prevented)\b/i;

function faultsIn(file: string, text: string): readonly string[] {
  return text.split('\n').flatMap((line, index) => (promises.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : []));
}

describe('the words for a denial', () => {
  it('never promise more than advisory keeps', () => {
    const files = ['.ts', '.md', '.yaml', '.json'].flatMap((extension) => houseFiles(root, extension)).filter((file) => shown.test(file));
    assert.ok(files.length > 300, `${files.length} files`);
    assert.deepEqual(
      files.flatMap((file) => faultsIn(file, readFileSync(join(root, file), 'utf8'))),
      [],
    );
  });

  it('would be found', () => {
    for (const line of ['the change was blocked', 'Blocked: no policy', 'it was stopped by policy payments'])
      assert.equal(faultsIn('x.ts', line).length, 1, line);
    assert.deepEqual(faultsIn('x.ts', 'denied by payments changes[0]'), []);
  });
});
