import assert from 'node:assert/strict';
import { editDistance, nearest } from '#config/nearest.ts';

describe('config/nearest', () => {
  it('counts insertions, deletions, replacements and swaps', () => {
    const table: readonly (readonly [string, string, number])[] = [
      ['', '', 0],
      ['abc', 'abc', 0],
      ['', 'abc', 3],
      ['secret', 'secrets', 1],
      ['listen', 'lisen', 1],
      ['path', 'paht', 1],
      ['webhook', 'webhock', 1],
      ['kitten', 'sitting', 3],
    ];
    for (const [a, b, distance] of table) {
      assert.equal(editDistance(a, b), distance, `${a} ${b}`);
      assert.equal(editDistance(b, a), distance, `${b} ${a}`);
    }
  });

  it('proposes the closest candidate, whatever its case, and none that is far', () => {
    assert.equal(nearest('Sources', ['source', 'sources']), 'sources');
    assert.equal(nearest('kubeConfig', ['kubeconfig', 'inCluster']), 'kubeconfig');
    assert.equal(nearest('colour', ['level', 'encoding']), undefined);
    assert.equal(nearest('x'.repeat(100_000), ['level']), undefined);
    assert.equal(nearest('level', []), undefined);
  });
});
