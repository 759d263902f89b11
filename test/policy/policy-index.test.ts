import assert from 'node:assert/strict';
import fc from 'fast-check';
import { selects } from '#policy/rules.ts';
import { policies } from './samples.ts';

const names = ['a', 'b', 'team-1', 'x.y', 'A'];
const pattern = fc.constantFrom(...names, '*', '**', 'team-?', '[ab]', '[!a]', '\\a', 'x*');

describe('policy/policy-index', () => {
  it('finds every policy that selects a namespace, once and by name', () => {
    const namespaces = fc.array(pattern, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(namespaces, { maxLength: 6 }), fc.subarray(names), (written, moving) => {
        const specs = written.map((each, index) => [`p${index}`, { targets: [{ clusters: ['prod'], namespaces: each }] }] as const);
        const set = policies(Object.fromEntries(specs));
        const found = set.index.candidates(moving).map(({ name }) => name);
        assert.deepEqual(found, [...new Set(found)].sort());
        for (const policy of set.policies)
          if (moving.some((namespace) => selects(policy, 'prod', namespace))) assert.ok(found.includes(policy.name));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out what names other namespaces', () => {
    const of = (namespace: string) => ({ targets: [{ clusters: ['prod'], namespaces: [namespace] }] });
    const { index } = policies({ one: of('a'), two: of('b'), any: of('*') });
    assert.deepEqual(
      index.candidates(['a']).map(({ name }) => name),
      ['any', 'one'],
    );
  });
});
