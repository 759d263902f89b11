import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Change } from '#core/change.ts';
import { headOf, lateFor } from '#handlers/order.ts';
import { sampleChange, sampleHint, sha } from './samples.ts';

const [a, b, c, d] = [sha('a'), sha('b'), sha('c'), sha('d')];

describe('lateFor', () => {
  it('takes the first hint of a ref as its head', () => {
    assert.equal(lateFor(sampleHint(), []), null);
  });

  it('takes what starts from the head as newer', () => {
    const head = sampleChange({ id: 'chg_head', before: a, after: b });

    assert.equal(lateFor(sampleHint({ before: b, after: c }), [head]), null);
  });

  it('knows a hint that ends where the head starts as late', () => {
    const head = sampleChange({ id: 'chg_head', before: b, after: c });

    assert.equal(lateFor(sampleHint({ before: a, after: b }), [head]), 'chg_head');
  });

  it('takes a force push back to an earlier commit as newer when it starts from the head', () => {
    const known = [sampleChange({ id: 'chg_2', before: b, after: c }), sampleChange({ id: 'chg_1', before: a, after: b })];

    assert.equal(lateFor(sampleHint({ before: c, after: b, action: 'forced' }), known), null);
  });

  it('asks the clock of the source when a push and its revert arrive in the wrong order', () => {
    const revert = sampleChange({ id: 'chg_revert', before: b, after: a, occurredAt: 2_000 });

    assert.equal(lateFor(sampleHint({ before: a, after: b, occurredAt: 1_000 }), [revert]), 'chg_revert');
  });

  it('follows the order of arrival when a push and its revert cannot be told apart', () => {
    const push = sampleChange({ id: 'chg_push', before: a, after: b, occurredAt: 1_000 });

    assert.equal(lateFor(sampleHint({ before: b, after: a, occurredAt: 1_000 }), [push]), null);
  });

  it('asks the clock of the source when nothing chains, as after a lost delivery', () => {
    const head = sampleChange({ id: 'chg_head', before: a, after: b, occurredAt: 2_000 });

    assert.equal(lateFor(sampleHint({ before: c, after: d, occurredAt: 3_000 }), [head]), null);
    assert.equal(lateFor(sampleHint({ before: c, after: d, occurredAt: 1_000 }), [head]), 'chg_head');
  });

  it('finds a late hint through a known change that starts where it ends', () => {
    const known = [
      sampleChange({ id: 'chg_3', before: c, after: d }),
      sampleChange({ id: 'chg_2', before: b, after: c, lateFor: 'chg_3' }),
    ];

    assert.equal(lateFor(sampleHint({ before: a, after: b }), known), 'chg_3');
  });

  it('never calls a request late', () => {
    assert.equal(lateFor(sampleHint({ action: 'requested', after: b }), [sampleChange({ before: b, after: c })]), null);
  });

  describe('of news that is told again', () => {
    const head = sampleChange({ id: 'chg_head', before: b, after: c, receivedAt: 5_000 });
    const again = { firstAt: 4_000, handled: false };

    it('is not past where it would bring the ref to what it is at', () => {
      assert.equal(lateFor(sampleHint({ before: a, after: c, again: { firstAt: 1, handled: true } }), [head]), null);
    });

    it('is past when a change came of it then, whatever its clock or chain says', () => {
      assert.equal(lateFor(sampleHint({ before: c, after: d, again: { ...again, handled: true } }), [head]), 'chg_head');
    });

    it('is put where the clock of the source says, before its chain is looked at', () => {
      const clocked = { ...head, occurredAt: 2_000 };
      assert.equal(lateFor(sampleHint({ before: c, after: b, occurredAt: 1_000, again }), [clocked]), 'chg_head');
      assert.equal(lateFor(sampleHint({ before: a, after: b, occurredAt: 3_000, again }), [clocked]), null);
    });

    it('is put by its chain when there is no clock', () => {
      assert.equal(lateFor(sampleHint({ before: c, after: d, again }), [head]), null);
      assert.equal(lateFor(sampleHint({ before: a, after: b, again: { ...again, firstAt: 9_000 } }), [head]), 'chg_head');
    });

    it('is put where it came first when nothing else tells', () => {
      assert.equal(lateFor(sampleHint({ before: a, after: d, again }), [head]), 'chg_head');
      assert.equal(lateFor(sampleHint({ before: a, after: d, again: { ...again, firstAt: 6_000 } }), [head]), null);
    });
  });

  it('never takes a ref back when what was handled is told again, whatever happened', () => {
    const commit = fc.constantFrom(a, b, c, d);
    const push = fc.record({ before: commit, after: commit, occurredAt: fc.option(fc.integer({ min: 1, max: 3 })) });
    fc.assert(
      fc.property(fc.array(push, { minLength: 1, maxLength: 8 }), fc.nat(), (pushes, pick) => {
        const known: Change[] = [];
        for (const [n, one] of pushes.entries())
          known.unshift(sampleChange({ ...one, id: `chg_${n}`, receivedAt: n, lateFor: lateFor(sampleHint(one), known) }));
        const told = pushes[pick % pushes.length];
        const late = lateFor(sampleHint({ ...told, again: { firstAt: pick % pushes.length, handled: true } }), known);
        assert.equal(late === null, told?.after === headOf(known)?.after);
      }),
    );
  });

  it('ends at the last push of a linear history, in whatever order its pushes arrive', () => {
    const length = 6;
    const commit = (n: number): string => String(n).padStart(40, '0');
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: length, maxLength: length }), fc.boolean(), (order, clocked) => {
        const known: Change[] = [];
        for (const n of order) {
          const hint = sampleHint({ before: commit(n - 1), after: commit(n), occurredAt: clocked ? n * 1_000 : null });
          known.unshift(sampleChange({ ...hint, id: `chg_${n}`, lateFor: lateFor(hint, known) }));
        }
        const newestClaimed = headOf(known);

        // Without a clock a gap in the chain can mislead until the missing push arrives; the last push is never late.
        assert.equal(known.find(({ id }) => id === `chg_${length}`)?.lateFor, null);
        if (clocked) assert.equal(newestClaimed?.id, `chg_${length}`);
      }),
    );
  });
});

describe('headOf', () => {
  it('passes over late changes and requests', () => {
    const known = [
      sampleChange({ id: 'chg_request', action: 'requested' }),
      sampleChange({ id: 'chg_late', lateFor: 'chg_head' }),
      sampleChange({ id: 'chg_head' }),
    ];

    assert.equal(headOf(known)?.id, 'chg_head');
  });
});
