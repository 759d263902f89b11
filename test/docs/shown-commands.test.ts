import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { houseFiles, root } from '../house/house-files.ts';
import { blocksOf } from './shown/page-blocks.ts';
import { runPage } from './shown/run-page.ts';

const read = (page: string): string => readFileSync(join(root, page), 'utf8');
/** Its commands need files that its own test has. */
const elsewhere = ['docs/how-to/explain.md'];
const pages = houseFiles(root, '.md').filter(
  (page) => (page === 'README.md' || /^docs\/(tutorials|how-to|explanation)\//.test(page)) && !elsewhere.includes(page),
);

describe('the commands that are shown', function () {
  this.timeout(120_000);

  for (const page of pages) {
    if (blocksOf(read(page)).some(({ kind }) => kind === 'sh')) it(`of ${page} do what it says`, () => runPage(read(page)));
  }

  it('are run, with few exceptions and a reason for each', () => {
    const exceptions = pages.flatMap((page) =>
      blocksOf(read(page))
        .filter(({ attributes }) => attributes.has('not-run'))
        .map(({ line, attributes }) => `${page}:${line}: ${attributes.get('not-run')}`),
    );
    assert.ok(exceptions.length <= 25, `${exceptions.length} blocks are not run:\n${exceptions.join('\n')}`);
    assert.deepEqual(
      exceptions.filter((each) => !/: needs \w/.test(each)),
      [],
      'a reason begins with "needs"',
    );
  });
});
