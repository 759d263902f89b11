import assert from 'node:assert/strict';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import type { Decision } from '#core/decision.ts';
import { canonicalJson, orderedJson, sortedFields } from '#journal/records/canonical-json.ts';
import { documentHash, draftOf, genesis, nextLink, type ChainLink } from '#journal/records/chain.ts';
import { decidedDraft, outcomeDraft, publishedDraft, triggeredDraft } from '#journal/records/drafts.ts';
import { targetOf } from '../conformance/journal/material.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\\ud800', '\ud800', '1', '__proto'),
);
const maybe = fc.option(text, { nil: null });
/** `__proto__` is no field of a copy, and no fact has that name. */
const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }).filter((value) => !JSON.stringify(value).includes('__proto__'));
const wellFormed = (value: unknown): boolean =>
  JSON.stringify(value) === JSON.stringify(value).toWellFormed() && !/\\ud/.test(JSON.stringify(value));

describe('canonical JSON', () => {
  it('is what RFC 8785 shows, in its order of names and its spelling of numbers and strings', () => {
    const sample = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false] }`;
    const shown = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;
    const names = String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
      "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`;
    const inOrder = [
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ];
    for (const write of [canonicalJson, (value: object) => orderedJson(sortedFields(value as Record<string, unknown>))]) {
      assert.equal(write(JSON.parse(sample) as object), shown);
      assert.deepEqual(
        Array.from(write(JSON.parse(names) as object).matchAll(/:"([^"]+?)"/g), ([, value]) => value),
        inOrder,
      );
    }
  });

  it('spells numbers as RFC 8785, appendix B, wants them', () => {
    const numbers: readonly (readonly [bits: string, spelled: string])[] = [
      ['0000000000000000', '0'],
      ['8000000000000000', '0'],
      ['0000000000000001', '5e-324'],
      ['8000000000000001', '-5e-324'],
      ['7fefffffffffffff', '1.7976931348623157e+308'],
      ['4340000000000000', '9007199254740992'],
      ['c340000000000000', '-9007199254740992'],
      ['4430000000000000', '295147905179352830000'],
      ['44b52d02c7e14af5', '9.999999999999997e+22'],
      ['44b52d02c7e14af6', '1e+23'],
      ['44b52d02c7e14af7', '1.0000000000000001e+23'],
      ['444b1ae4d6e2ef4e', '999999999999999700000'],
      ['444b1ae4d6e2ef50', '1e+21'],
      ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
      ['3eb0c6f7a0b5ed8d', '0.000001'],
      ['41b3de4355555555', '333333333.3333333'],
      ['becbf647612f3696', '-0.0000033333333333333333'],
    ];
    for (const [bits, spelled] of numbers) {
      const number = Buffer.from(bits, 'hex').readDoubleBE();
      assert.deepEqual([canonicalJson(number), orderedJson([number])], [spelled, `[${spelled}]`], bits);
    }
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => canonicalJson(number));
  });

  it('is the same from the quick way and from the library, for whatever JSON there is', () => {
    fc.assert(
      fc.property(json, (value) => {
        const fields = { value };
        assert.equal(orderedJson(sortedFields(fields)), canonicalJson(fields));
        if (wellFormed(fields)) assert.equal(orderedJson(sortedFields(fields)), canonicalize(fields));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the drafts of records', () => {
  const attempt = fc.record({ reconcile: text, change: text, decision: text, target: text, revision: maybe });
  const decision: fc.Arbitrary<Decision> = fc.record({
    id: text,
    change: text,
    target: text.map(targetOf),
    verdict: fc.constantFrom('allow', 'hold', 'deny'),
    wouldBe: fc.constantFrom('allow', 'deny', null),
    enforcement: fc.constant('advisory'),
    rule: text,
    reasons: fc.array(fc.record({ code: text, message: text })),
    policies: fc.array(fc.record({ verdict: fc.constantFrom('allow', 'deny'), name: text, hash: text })),
    facts: fc.dictionary(
      text.filter((name) => name !== '__proto__'),
      fc.oneof(text, fc.boolean(), fc.constant(null), fc.array(text)),
    ),
    lacked: fc.array(text),
    at: fc.nat(),
  });
  const head = { seq: 7, hash: documentHash('x') };

  /** What the library makes of the same fields is the same text, so that the hash can be computed again by anybody. */
  const assertCanonical = ({ document, hash, seq }: ChainLink): Record<string, unknown> => {
    const fields = JSON.parse(document) as Record<string, unknown>;
    assert.equal(document, canonicalize(fields));
    assert.deepEqual([hash, seq, fields['seq'], fields['previous']], [documentHash(document), 8, 8, head.hash]);
    return fields;
  };

  const pull = { number: 42, title: 'x', author: null, mergedBy: null, base: null, head: 'b', reviews: [] };
  const review = {
    id: 'org%2Fapp~42',
    url: null,
    owner: null,
    uploader: null,
    submitter: null,
    submittedAt: 7,
    submission: null,
    topic: null,
  };
  const rest = { requirements: [], votes: [], reverts: 41, rules: null };
  const pulls = [pull, { ...pull, review: { ...review, ...rest } }];
  const range = { base: 'a', commits: 1, files: 0, firstFiles: [], pulls, checks: [], lacked: [] };
  const reviewed = { by: 'api', at: 1, head: 'b', standing: 'head', range } as const;

  it('say of what came by a review system when it was submitted, and what it reverts', () => {
    const decided = fc.sample(decision, 1)[0] ?? assert.fail();
    const change = { delivery: 'dlv_1', before: null, after: 'b', readBack: reviewed };
    const draft = decidedDraft(decided, {}, change, { reconcile: null, again: false, readBack: null });
    const { brought } = assertCanonical(nextLink(head, 'decided', 5, draft));
    assert.deepEqual(brought, [{ change: 'org%2Fapp~42', reverts: 41, submittedAt: 7 }]);
  });

  it('say it of every one of hundreds, and where there are more than that', () => {
    const decided = fc.sample(decision, 1)[0] ?? assert.fail();
    const morePulls = Array.from({ length: 950 }, (_, n) => ({ number: n + 100, review: { id: `a~${n}`, submittedAt: n, reverts: null } }));
    const record = (lacked: readonly 'pulls'[]) => {
      const readBack = { ...reviewed, range: { ...range, pulls: pulls.slice(1), morePulls, lacked } };
      const draft = decidedDraft(
        decided,
        {},
        { delivery: 'd', before: null, after: 'b', readBack },
        { reconcile: null, again: false, readBack: null },
      );
      return assertCanonical(nextLink(head, 'decided', 5, draft));
    };
    const [all, some] = [record([]), record(['pulls'])];
    assert.deepEqual([(all['brought'] as readonly unknown[]).length, all['broughtMore']], [951, undefined]);
    assert.equal(some['broughtMore'], true);
  });

  it('are canonical, whatever was decided', () => {
    const context = fc.record({ reconcile: maybe, again: fc.boolean(), readBack: maybe });
    fc.assert(
      fc.property(decision, context, maybe, (decided, about, before) => {
        const change = { delivery: 'dlv_1', before, after: 'b', readBack: before === null ? null : reviewed };
        const { at, verdict, facts } = assertCanonical(
          nextLink(head, 'decided', decided.at, decidedDraft(decided, sortedFields(decided.facts), change, about)),
        );
        assert.deepEqual([at, verdict], [decided.at, decided.verdict]);
        assert.equal(Object.keys(facts as object).length, new Set(Object.keys(decided.facts).map((name) => name.toWellFormed())).size);
      }),
      { numRuns: 500 },
    );
  });

  it('are canonical, whatever came of it', () => {
    const reached = fc.record({ outcome: text, reason: maybe, final: fc.boolean() });
    fc.assert(
      fc.property(attempt, reached, maybe, (about, outcome, token) => {
        assert.equal(assertCanonical(nextLink(head, 'outcome', 5.5, outcomeDraft(about, outcome)))['at'], 5);
        assertCanonical(nextLink(head, 'triggered', 5, triggeredDraft(about, token)));
        assertCanonical(
          nextLink(head, 'published', 5, publishedDraft(about, { address: outcome.outcome, bytes: 1, digest: about.change })),
        );
        assertCanonical(nextLink(head, 'started', 5, draftOf({ anything: [about] })));
      }),
      { numRuns: 500 },
    );
  });

  it('begin a chain with 64 zeros', () => {
    const first = nextLink({ seq: 0, hash: genesis }, 'started', 1, draftOf({}));
    assert.equal(first.document, `{"at":1,"kind":"started","previous":"${genesis}","seq":1}`);
  });
});
