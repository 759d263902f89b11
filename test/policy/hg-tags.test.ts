import assert from 'node:assert/strict';
import type { Ranged } from '#core/range-evidence.ts';
import type { Signing } from '#core/signature.ts';
import { rangeNeeds } from '#policy/range-needs.ts';
import { decideRange, evidence, HEAD, push } from './range-samples.ts';
import { footprint, mainOfApp, policies, type PolicySpec } from './samples.ts';

const ref = 'tag:v1@branch:default';
const changes = [{ ...mainOfApp, refs: ['tag:v*@branch:default'] }];
const ada: Signing = { signedBy: 'ssh:SHA256:ada' };
const bob: Signing = { signedBy: 'ssh:SHA256:bob' };
const eve: Signing = { signedBy: 'ssh:SHA256:eve' };
const unsigned: Signing = { unsigned: 'nobody signed it' };

describe('policy about tags of Mercurial', () => {
  const question = { ref, reviews: false, signatures: true, owners: false };
  const decideBy = (spec: PolicySpec, range: Ranged, of = ref) =>
    decideRange({ changes, ...spec }, {}, { change: { ...push, ref: of }, range });
  const decideTag = (spec: PolicySpec, tag: Signing | undefined) => decideBy(spec, { ...evidence({ question }), ...(tag ? { tag } : {}) });

  it('asks for a signature by somebody who lists a key, also where it says nothing of signatures', () => {
    assert.deepEqual([decideTag({}, ada).verdict, decideTag({}, bob).verdict], ['allow', 'allow']);
    for (const [signing, code] of [
      [unsigned, 'unsigned'],
      [undefined, 'unsigned'],
      [eve, 'other-signer'],
      [{ signedBy: 'ssh:SHA256:gone' }, 'other-signer'],
    ] as const) {
      const { verdict, rule, reasons } = decideTag({}, signing);
      assert.deepEqual([verdict, rule, reasons[0]?.code], ['deny', 'payments signed', code]);
    }
    const spec = { signed: { commits: 'all', tags: 'none', by: { people: ['bob'] } } };
    const commits = { ...evidence({ question }, { [HEAD]: bob }) };
    assert.deepEqual(
      [decideBy(spec, { ...commits, tag: eve }).verdict, decideBy(spec, { ...commits, tag: bob }).verdict],
      ['deny', 'allow'],
    );
  });

  it('asks for one of those whom it names', () => {
    const byAda = { signed: { commits: 'none', by: { people: ['ada'] } } };
    assert.equal(decideTag(byAda, ada).verdict, 'allow');
    assert.equal(decideTag(byAda, bob).reasons[0]?.code, 'other-signer');
    assert.deepEqual(decideTag(byAda, ada).facts['reviewed'], ['payments signed: ada (ssh:SHA256:ada)']);
  });

  it('takes one of several who signed, whoever the others are', () => {
    const byAda = { signed: { commits: 'none', by: { people: ['ada'] } } };
    assert.equal(decideTag(byAda, { signedBy: 'ssh:SHA256:eve', alsoBy: ['ssh:SHA256:bob', 'ssh:SHA256:ada'] }).verdict, 'allow');
    const both = decideTag(byAda, { signedBy: 'ssh:SHA256:eve', alsoBy: ['ssh:SHA256:bob'] });
    assert.match(
      both.reasons[0]?.message ?? '',
      /signed by ssh:SHA256:eve, which is nobody's key.*; it is signed by bob, who is not one of ada/,
    );
  });

  it('needs nothing to count from where it is about the tag alone', () => {
    const first = (spec: PolicySpec, tag?: Signing, of = ref) =>
      decideBy(spec, { missing: 'nothing yet', base: null, ...(tag ? { tag } : {}) }, of);
    assert.equal(first({}, ada).verdict, 'allow');
    assert.equal(first({ signed: { commits: 'none', by: { people: ['ada'] } } }, bob).reasons[0]?.code, 'other-signer');
    assert.equal(first({}).reasons[0]?.code, 'no-range');
    assert.equal(first({ signed: { by: { people: ['ada'] } } }, ada).reasons[0]?.code, 'no-range');
    const git = { changes: [{ ...mainOfApp, refs: ['refs/tags/*'] }], signed: { commits: 'none', by: { people: ['ada'] } } };
    assert.deepEqual([first(git, ada, 'refs/tags/v1').verdict, first(git, bob, 'refs/tags/v1').verdict], ['allow', 'deny']);
    assert.match(String(first({}, ada).facts['evidence']), /^[0-9a-f]{64}$/);
    assert.equal(first({}).facts['evidence'], null);
  });

  it('asks nothing more of branches and bookmarks', () => {
    for (const other of ['branch:default', 'bookmark:prod']) {
      const spec = { changes: [{ ...mainOfApp, refs: [other] }] };
      assert.equal(decideBy(spec, { missing: 'not asked' }, other).verdict, 'allow');
    }
  });

  it('has the source asked for signatures wherever a tag is', () => {
    const needs = (of: string) => rangeNeeds(policies({ payments: {} }), footprint(), { source: 'hub', ref: of, votes: false });
    assert.deepEqual(needs(ref), { reviews: false, signatures: true, owners: false });
    assert.deepEqual([needs('branch:default'), needs('refs/tags/v1')], [null, null]);
  });

  it('knows the tag and who signed it in expressions, by person and by key', () => {
    const when = (expression: string, tag: Signing | undefined) => decideTag({ validations: [{ expression, message: 'no' }] }, tag);
    assert.equal(when('change.tag.name == "v1" && "ada" in change.tag.signedBy', ada).verdict, 'allow');
    const both = { signedBy: 'ssh:SHA256:bob', alsoBy: ['ssh:SHA256:ada'] };
    assert.equal(when('change.tag.signedBy == ["bob", "ssh:SHA256:bob", "ada", "ssh:SHA256:ada"]', both).verdict, 'allow');
    assert.deepEqual(
      when('change.tag != null', undefined)
        .reasons.map(({ code }) => code)
        .toSorted(),
      ['validation-error'],
    );
    const first = { missing: 'nothing yet', base: null, tag: ada };
    assert.equal(decideBy({ validations: [{ expression: '"ada" in change.tag.signedBy', message: 'no' }] }, first).verdict, 'allow');
    assert.equal(decideBy({ validations: [{ expression: 'change.signedBy == []', message: 'no' }] }, first).verdict, 'deny');
    const branch = {
      changes: [{ ...mainOfApp, refs: ['branch:default'] }],
      validations: [{ expression: 'change.tag == null', message: 'no' }],
    };
    assert.equal(
      decideBy(branch, evidence({ question: { ...question, ref: 'branch:default' } }, { [HEAD]: ada }), 'branch:default').verdict,
      'allow',
    );
  });
});
