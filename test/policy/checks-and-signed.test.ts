import assert from 'node:assert/strict';
import type { RangeFacts } from '#core/ports/read-back.ts';
import type { Signing } from '#core/signature.ts';
import { rangeNeeds } from '#policy/range-needs.ts';
import { footprint, mainOfApp, policies, type PolicySpec } from './samples.ts';
import { commit, DAY, decideRange, evidence, HEAD, push } from './range-samples.ts';

const TAG = 'e'.repeat(40);

describe('policy/checks', () => {
  const ended = (...checks: readonly (readonly [name: string, conclusion: string | null])[]): Partial<RangeFacts> => ({
    checks: checks.map(([name, conclusion]) => ({ name, conclusion })),
  });

  it('allows when each has ended with success, naming them', () => {
    const decision = decideRange({ checks: ['build', 'test-*'] }, ended(['build', 'success'], ['test-a', 'success'], ['lint', 'failure']));
    assert.deepEqual([decision.verdict, decision.rule], ['allow', 'payments changes[0], payments checks']);
    assert.equal(decision.reasons.at(-1)?.message, 'payments checks holds: passed at bbbbbbbbbbbb: build, test-a');
  });

  const refused: readonly (readonly [what: string, given: Partial<RangeFacts>, code: string, why: RegExp])[] = [
    ['one that is missing', ended(['test-a', 'success']), 'check-missing', /bbbbbbbbbbbb has no check build$/],
    ['a pattern that nothing fits', ended(['build', 'success']), 'check-missing', /no check test-\*$/],
    [
      'one that failed',
      ended(['build', 'failure'], ['test-a', 'success']),
      'check-not-passed',
      /check build of bbbbbbbbbbbb ended with failure/,
    ],
    ['one that was skipped', ended(['build', 'skipped'], ['test-a', 'success']), 'check-not-passed', /ended with skipped/],
    ['one that is neutral', ended(['build', 'neutral'], ['test-a', 'success']), 'check-not-passed', /ended with neutral/],
    ['one that still runs', ended(['build', null], ['test-a', 'success']), 'check-not-passed', /has not ended yet/],
    [
      'one of several of a pattern that failed',
      ended(['build', 'success'], ['test-a', 'success'], ['test-b', 'failure']),
      'check-not-passed',
      /test-b/,
    ],
    [
      'one of two of the same name that failed',
      ended(['build', 'success'], ['build', 'failure'], ['test-a', 'success']),
      'check-not-passed',
      /build/,
    ],
    ['another case', ended(['Build', 'success'], ['test-a', 'success']), 'check-missing', /build/],
    [
      'checks that could not be told',
      { ...ended(['build', 'success'], ['test-a', 'success']), lacked: ['checks'] },
      'incomplete-range',
      /the checks of its head/,
    ],
    ['checks of another commit', { ...ended(['build', 'success'], ['test-a', 'success']), head: TAG }, 'no-range', /is about e/],
  ];
  for (const [what, given, code, why] of refused) {
    it(`denies ${what}`, () => {
      const decision = decideRange({ checks: ['build', 'test-*'] }, given);
      assert.deepEqual([decision.verdict, decision.rule, decision.reasons[0]?.code], ['deny', 'payments checks', code]);
      assert.match(decision.reasons[0]?.message ?? '', why);
    });
  }

  it('asks for the head alone: it lets an older revision pass', () => {
    assert.equal(decideRange({ checks: ['build'] }, { course: 'back', commits: [], commitCount: 0 }).verdict, 'allow');
  });
});

describe('policy/signed', () => {
  const byAda: PolicySpec = { signed: { by: { people: ['ada'] } } };
  const tagged: PolicySpec = { changes: [{ ...mainOfApp, refs: ['refs/tags/*'] }], signed: { commits: 'none', by: { groups: ['sre'] } } };
  const ada: Signing = { signedBy: 'ssh:SHA256:ada' };
  const decideSigned = (spec: PolicySpec, signings: Readonly<Record<string, Signing>>, given: Partial<RangeFacts> = {}) =>
    decideRange(spec, given, { range: evidence(given, signings) });
  const decideTag = (tag: Signing | undefined, asked = true) => {
    const question = { ref: 'refs/tags/v1', reviews: false, signatures: asked, owners: false };
    const range = { ...evidence({ question, course: 'diverged' }), ...(tag ? { tag } : {}) };
    return decideRange(tagged, {}, { change: { ...push, ref: 'refs/tags/v1', after: TAG }, range });
  };

  it('allows when every commit is signed by whoever is named, and says by which keys', () => {
    const decision = decideSigned(byAda, { [HEAD]: ada });
    assert.deepEqual([decision.verdict, decision.rule], ['allow', 'payments changes[0], payments signed']);
    assert.deepEqual(decision.facts['reviewed'], ['payments signed: ada (ssh:SHA256:ada)']);
    assert.equal(decideSigned({ signed: { by: { groups: ['sre'] } } }, { [HEAD]: ada }).verdict, 'allow');
  });

  const refused: readonly (readonly [what: string, signings: Readonly<Record<string, Signing>>, code: string, why: RegExp])[] = [
    [
      'a commit that is not signed',
      { [HEAD]: { unsigned: 'it carries no signature' } },
      'unsigned',
      /commit bbbbbbbbbbbb "Round up": it carries no signature/,
    ],
    ['a commit that was not looked at', {}, 'unsigned', /was not looked at/],
    [
      'a key that is nobody’s',
      { [HEAD]: { signedBy: 'ssh:SHA256:eve' } },
      'other-signer',
      /signed by ssh:SHA256:eve, which is nobody's key/,
    ],
    ['the key of somebody else', { [HEAD]: { signedBy: 'ssh:SHA256:bob' } }, 'other-signer', /signed by bob, who is not one of ada/],
    ['the key of somebody who has left', { [HEAD]: { signedBy: 'ssh:SHA256:gone' } }, 'other-signer', /signed by gone, who has left/],
  ];
  for (const [what, signings, code, why] of refused) {
    it(`denies ${what}`, () => {
      const decision = decideSigned(byAda, signings);
      assert.deepEqual(
        [decision.verdict, decision.rule, decision.reasons.map((reason) => reason.code)],
        ['deny', 'payments signed', [code]],
      );
      assert.match(decision.reasons[0]?.message ?? '', why);
    });
  }

  it('names the unsigned commit under a signed tip', () => {
    const below = commit({ id: TAG, title: 'Below' });
    const decision = decideSigned(byAda, { [HEAD]: ada, [TAG]: { unsigned: 'it carries no signature' } }, { commits: [commit(), below] });
    assert.deepEqual(
      decision.reasons.map(({ message }) => message),
      ['payments signed does not hold: commit eeeeeeeeeeee "Below": it carries no signature'],
    );
  });

  it('denies when signatures or commits are lacking, were not asked for, or the range goes elsewhere', () => {
    const question = { ref: 'refs/heads/main', reviews: true, signatures: false, owners: false };
    for (const given of [
      { lacked: ['signatures'] },
      { lacked: ['commits'] },
      { question },
      { course: 'back' },
      { commitCount: 7 },
    ] as const)
      assert.equal(decideSigned(byAda, { [HEAD]: ada }, given).verdict, 'deny');
  });

  it('wants a tag to be annotated and signed', () => {
    assert.equal(decideTag(ada).verdict, 'allow');
    assert.match(decideTag({ unsigned: 'it is no annotated tag' }).reasons[0]?.message ?? '', /refs\/tags\/v1: it is no annotated tag/);
    assert.equal(decideTag(undefined).reasons[0]?.code, 'unsigned');
    assert.equal(decideTag({ signedBy: 'ssh:SHA256:bob' }).reasons[0]?.code, 'other-signer');
    assert.equal(decideTag(ada, false).reasons[0]?.code, 'no-range');
  });

  it('asks nothing of a branch where it is about tags', () => {
    const spec = { signed: { commits: 'none', by: { people: ['ada'] } } };
    assert.equal(decideRange(spec, {}, { range: { missing: 'not asked' } }).verdict, 'allow');
  });

  it('says at once all that does not hold', () => {
    const decision = decideRange({ reviews: [{}], checks: ['lint'], ...byAda }, { lacked: ['pulls'] }, { now: 2 * DAY });
    assert.deepEqual(
      decision.reasons.map(({ code }) => code),
      ['incomplete-range', 'check-missing', 'unsigned'],
    );
    assert.equal(decision.rule, 'payments reviews[0]');
  });
});

describe('expressions about signatures', () => {
  const signed = (expression: string): PolicySpec => ({ validations: [{ expression, message: 'signed by ada' }] });
  const ada: Signing = { signedBy: 'ssh:SHA256:ada' };
  const decideSigned = (expression: string, tip: Signing | null, more: object = {}) =>
    decideRange(signed(expression), {}, { range: { ...evidence({}, tip ? { [HEAD]: tip } : {}), ...more } });

  it('know who signed the revision, by person and by key', () => {
    assert.equal(decideSigned('"ada" in change.signedBy && "ssh:SHA256:ada" in change.signedBy', ada).verdict, 'allow');
    assert.equal(decideSigned('change.signedBy == ["ssh:SHA256:eve"]', { signedBy: 'ssh:SHA256:eve' }).verdict, 'allow');
    assert.equal(decideSigned('"gone" in change.signedBy', { signedBy: 'ssh:SHA256:gone' }).verdict, 'deny');
    assert.equal(decideSigned('change.signedBy == []', { unsigned: 'none' }).verdict, 'allow');
  });

  it('know the tag, which is null for a branch', () => {
    assert.equal(decideSigned('change.tag == null', ada).verdict, 'allow');
    const question = { ref: 'refs/tags/v1', reviews: false, signatures: true, owners: false };
    const spec = {
      changes: [{ ...mainOfApp, refs: ['refs/tags/*'] }],
      ...signed('change.tag.name == "v1" && "ada" in change.tag.signedBy'),
    };
    const tag = (tagged: object) =>
      decideRange(spec, {}, { change: { ...push, ref: 'refs/tags/v1' }, range: { ...evidence({ question }), ...tagged } });
    assert.equal(tag({ tag: ada }).verdict, 'allow');
    assert.equal(tag({ tag: { unsigned: 'none' } }).reasons[0]?.code, 'validation-failed');
    assert.equal(tag({}).reasons[0]?.code, 'validation-error');
  });

  it('have no value where nobody looked, which denies', () => {
    for (const expression of ['change.signedBy == []', '!("eve" in change.signedBy)', 'change.tag == null']) {
      const denied = decideRange(signed(expression), {}, { range: { missing: 'not asked' } });
      assert.deepEqual([denied.verdict, denied.reasons[0]?.code], ['deny', 'validation-error'], expression);
      assert.match(denied.reasons[0]?.message ?? '', /is not known: not asked/);
    }
    assert.equal(decideSigned('change.signedBy == []', null).verdict, 'deny');
  });

  it('have the source asked for signatures, wherever they stand', () => {
    const needs = (spec: PolicySpec) =>
      rangeNeeds(policies({ payments: spec }), footprint(), { source: 'hub', ref: 'refs/heads/main', votes: false });
    const wanted = { reviews: false, signatures: true, owners: false };
    assert.deepEqual(needs(signed('change.signedBy == []')), wanted);
    assert.deepEqual(needs({ variables: [{ name: 'by', expression: 'change["signedBy"]' }] }), wanted);
    const subjects = [{ issuer: 'corp', match: { sub: 'x' }, validations: [{ expression: 'change.tag != null', message: 'm' }] }];
    assert.deepEqual(needs({ subjects }), wanted);
    assert.equal(needs(signed('change.ref == "x"')), null);
  });
});
