import assert from 'node:assert/strict';
import fc from 'fast-check';
import { change, decideSample, footprint, policies, type PolicySpec, type Situation } from './samples.ts';

const name = fc.constantFrom('a', 'b', 'c');
const pattern = fc.constantFrom('a', 'b', 'c', '*', '[!a]');
const refs = fc.constantFrom('refs/heads/a', 'refs/heads/b', 'refs/heads/*');
const few = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { minLength: 1, maxLength: 2 });

const targets = few(fc.record({ clusters: few(fc.constantFrom('prod', '*', 'staging')), namespaces: few(pattern) }));
const changes = few(fc.record({ source: pattern, repositories: few(pattern), refs: few(refs), confirmed: fc.boolean() }));
const mode = fc.constantFrom('enforce' as const, 'audit' as const);
const policy: fc.Arbitrary<PolicySpec> = fc.record({ mode, targets, changes });
const policySpecs = fc.dictionary(fc.constantFrom('p1', 'p2', 'p3', 'p4'), policy, { maxKeys: 4 });

const situation: fc.Arbitrary<Situation> = fc
  .record({
    source: name,
    repository: name,
    ref: fc.constantFrom('refs/heads/a', 'refs/heads/b', 'refs/heads/c'),
    confirmed: fc.boolean(),
    namespaces: fc.uniqueArray(name, { maxLength: 3 }),
    caseSensitive: fc.boolean(),
  })
  .map(({ namespaces, caseSensitive, ...fields }) => ({ change: change(fields), footprint: footprint(namespaces), caseSensitive }));

/** What enforcing policies say, whatever their mode. */
function strictVerdict(specs: Readonly<Record<string, PolicySpec>>, given: Situation): string {
  const decision = decideSample(policies(specs), given);
  return decision.wouldBe ?? decision.verdict;
}

describe('policy/decide, for any policies and changes', () => {
  it('allows nothing without policies', () => {
    fc.assert(fc.property(situation, (given) => decideSample(policies({}), given).verdict === 'deny'));
  });

  it('never turns a denial into an allowance because an enforcing policy was added that denies', () => {
    let relevant = 0;
    fc.assert(
      fc.property(policySpecs, policy, situation, (specs, added, given) => {
        const denying = { ...added, mode: 'enforce' as const, changes: [{ source: 'nobody', repositories: ['a'], refs: ['refs/x'] }] };
        if (decideSample(policies(specs), given).verdict !== 'deny') return;
        relevant++;
        assert.equal(decideSample(policies({ ...specs, added: denying }), given).verdict, 'deny');
      }),
      { numRuns: 1_000 },
    );
    assert.ok(relevant > 100, `${relevant} cases`);
  });

  it('allows no more by enforcement when a denying policy of any mode is added', () => {
    fc.assert(
      fc.property(policySpecs, policy, situation, (specs, added, given) => {
        const denying = { ...added, changes: [{ source: 'nobody', repositories: ['a'], refs: ['refs/x'] }] };
        if (strictVerdict(specs, given) === 'deny') assert.equal(strictVerdict({ ...specs, added: denying }, given), 'deny');
      }),
      { numRuns: 500 },
    );
  });

  it('allows only if every namespace that moves has a policy and every policy with a say allows', () => {
    let allowed = 0;
    fc.assert(
      fc.property(policySpecs, situation, (specs, given) => {
        const set = policies(specs);
        const decision = decideSample(set, given);
        if ((decision.wouldBe ?? decision.verdict) !== 'allow') return;
        allowed++;
        assert.ok(decision.policies.length > 0);
        assert.ok(decision.policies.every(({ verdict }) => verdict === 'allow'));
        for (const namespace of given.footprint?.namespaces ?? []) {
          const alone = decideSample(set, { ...given, footprint: footprint([namespace]) });
          assert.equal(alone.wouldBe ?? alone.verdict, 'allow');
        }
      }),
      { numRuns: 1_000 },
    );
    assert.ok(allowed > 20, `${allowed} cases`);
  });

  it('moves more namespaces only with at least as much permission', () => {
    fc.assert(
      fc.property(policySpecs, situation, name, (specs, given, more) => {
        const namespaces = [...new Set([...(given.footprint?.namespaces ?? []), more])];
        const wider = { ...given, footprint: footprint(namespaces) };
        if ((given.footprint?.namespaces.length ?? 0) > 0 && strictVerdict(specs, given) === 'deny') {
          assert.equal(strictVerdict(specs, wider), 'deny');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is the same decision for the same input, which it leaves as it was', () => {
    fc.assert(
      fc.property(policySpecs, situation, (specs, given) => {
        const before = JSON.stringify(given);
        const first = decideSample(policies(specs), given);
        assert.deepEqual(decideSample(policies(specs), given), first);
        assert.equal(JSON.stringify(given), before);
      }),
      { numRuns: 300 },
    );
  });

  it('always gives a reason, and says audit only when it overrules', () => {
    fc.assert(
      fc.property(policySpecs, situation, (specs, given) => {
        const decision = decideSample(policies(specs), given);
        assert.ok(decision.reasons.length > 0 && decision.rule !== '');
        const overruled = decision.verdict === 'allow' && decision.wouldBe === 'deny';
        assert.equal(
          decision.reasons.some(({ code }) => code === 'audit'),
          overruled,
        );
        if (decision.verdict === 'deny') assert.equal(decision.wouldBe, null);
      }),
      { numRuns: 500 },
    );
  });
});
