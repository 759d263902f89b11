import assert from 'node:assert/strict';
import fc from 'fast-check';
import { limits } from '#core/limits.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { decodeCursor, encodeCursor } from '#journal/cursor.ts';
import { readPage, type Span } from '#journal/page.ts';

/** A list of rows at these positions; every look takes `costMs` and is noted. */
function listOf(positions: readonly number[], clock: SimulatedClock, costMs = 0) {
  const spans: Span[] = [];
  let elapsed = 0;
  const timed = Object.assign(Object.create(clock) as SimulatedClock, { monotonic: () => elapsed });
  const read = (span: Span, limit: number) => {
    spans.push(span);
    elapsed += costMs;
    const fitting = positions.filter((seq) => seq >= span.from && seq < span.to).toSorted((a, b) => b - a);
    return fitting.slice(0, limit).map((seq) => ({ seq }));
  };
  return { spans, timed, list: { list: 'changes', last: () => Math.max(0, ...positions), read, quick: limits.journal.spanMs } as const };
}

describe('reading a page', () => {
  it('finds the few rows that pass a filter among very many positions', async () => {
    const { list, timed, spans } = listOf([1, 500_000, 999_999], new SimulatedClock());
    const page = await readPage(list, { limit: 10, cursor: null }, timed, ({ seq }) => seq);
    assert.deepEqual(page, { items: [999_999, 500_000, 1], next: null });
    assert.ok(spans.length < 25, `${spans.length} looks`);
  });

  it('looks at short spans when looking is slow, and lets other work run in between', async () => {
    const { list, timed, spans } = listOf([1, limits.journal.spanRows * 5], new SimulatedClock(), limits.journal.spanMs);
    let others = 0;
    const tick = (): void => void (others++, setImmediate(tick).unref());
    setImmediate(tick).unref();
    await readPage(list, { limit: 10, cursor: null }, timed, ({ seq }) => seq);
    assert.equal(spans.length, 5);
    assert.ok(spans.every(({ from, to }) => to - from <= limits.journal.spanRows));
    assert.ok(others >= 4);
  });

  it('shows each row once, in order, whatever the gaps and the page size', async () => {
    const positions = fc.uniqueArray(fc.integer({ min: 1, max: 50_000 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(positions, fc.integer({ min: 1, max: 10 }), async (seqs, limit) => {
        const { list, timed } = listOf(seqs, new SimulatedClock());
        const shown: number[] = [];
        for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
          const page: { readonly items: readonly number[]; readonly next: string | null } = await readPage(
            list,
            { limit, cursor },
            timed,
            ({ seq }) => seq,
          );
          shown.push(...page.items);
          cursor = page.next;
        }
        assert.deepEqual(
          shown,
          seqs.toSorted((a, b) => b - a),
        );
      }),
    );
  });

  it('answers no more than the largest page', async () => {
    const { list, timed } = listOf(
      Array.from({ length: limits.journal.pageMax + 10 }, (_, n) => n + 1),
      new SimulatedClock(),
    );
    const page = await readPage(list, { limit: 1_000_000, cursor: null }, timed, ({ seq }) => seq);
    assert.equal(page.items.length, limits.journal.pageMax);
    assert.notEqual(page.next, null);
  });
});

describe('a cursor', () => {
  it('stands for a position of its list, and no other text does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 50 }), (seq) => assert.equal(decodeCursor('changes', encodeCursor('changes', seq)), seq)),
    );
    fc.assert(fc.property(fc.string(), (text) => assert.throws(() => decodeCursor('changes', text), { code: 'REQUEST_INVALID' })));
  });
});
