import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { measuredAdapter } from '#handlers/measured-read-back.ts';
import { hooksWorld } from '../server/fakes.ts';

const clock = new SimulatedClock();

/** Answers after a second, or fails then. */
function slow(failure?: Error): ReadBack {
  const answer = async <T>(value: T): Promise<T> => {
    await clock.advance(1_000);
    if (failure) throw failure;
    return value;
  };
  return {
    by: 'api',
    heads: () => answer(new Map([['refs/heads/main', null]])),
    tags: () => answer(new Map()),
    isAncestor: () => answer(true),
    range: () =>
      answer({
        base: 'a',
        head: 'b',
        commits: [],
        commitCount: 0,
        files: [],
        pulls: [],
        checks: [],
        course: null,
        owners: null,
        question: null,
        lacked: [],
      }),
    tag: () => answer(null),
    movers: () => answer(undefined),
  };
}

function measured(readBack: ReadBack | null): { readonly adapter: SourceAdapter; readonly told: unknown[][] } {
  const told: unknown[][] = [];
  const adapter = { ...(hooksWorld().deps.sources.get('hub') as SourceAdapter), readBack };
  return { adapter: measuredAdapter(adapter, { clock, metrics: { readBack: (...args) => void told.push(args) } }), told };
}

describe('measuring what is read back', () => {
  it('tells each question with its time, and answers the same', async () => {
    const { adapter, told } = measured(slow());
    const readBack = adapter.readBack ?? assert.fail();
    assert.deepEqual([...(await readBack.heads('org/app', ['refs/heads/main']))], [['refs/heads/main', null]]);
    assert.equal((await readBack.tags('org/app')).size, 0);
    assert.equal(await readBack.isAncestor('org/app', 'a', 'b'), true);
    assert.equal((await readBack.range('org/app', 'a', 'b')).head, 'b');
    assert.equal(await readBack.tag?.('org/app', 'a'), null);
    assert.equal(await readBack.movers?.('org/app', 'refs/heads/main', 'a', 'b'), undefined);
    assert.equal(readBack.by, 'api');
    assert.deepEqual(
      told,
      ['heads', 'tags', 'ancestry', 'range', 'tag', 'movers'].map((question) => ['hub', question, 'answered', 1]),
    );
  });

  it('tells the code of a failure, and fails the same', async () => {
    for (const [failure, result] of [
      [new HeadgateError('SOURCE_LIMITED', 'too often'), 'SOURCE_LIMITED'],
      [new TypeError('a defect'), 'INTERNAL'],
    ] as const) {
      const { adapter, told } = measured(slow(failure));
      await assert.rejects(adapter.readBack?.tags('org/app') ?? assert.fail(), failure);
      assert.deepEqual(told, [['hub', 'tags', result, 1]]);
    }
  });

  it('tells of files that are read, where they can be', async () => {
    const told: unknown[][] = [];
    const content = { read: () => Promise.resolve([{ path: 'a', text: 'b' }]) };
    const adapter = { ...(hooksWorld().deps.sources.get('hub') as SourceAdapter), readBack: slow(), content };
    const { content: counted } = measuredAdapter(adapter, { clock, metrics: { readBack: (...args) => void told.push(args) } });
    assert.deepEqual(await counted?.read('org/app', 'a', ''), [{ path: 'a', text: 'b' }]);
    assert.deepEqual(told, [['hub', 'content', 'answered', 0]]);
    assert.equal(measured(slow()).adapter.content, undefined);
  });

  it('prepares what it measures, and counts no question for it', async () => {
    let prepared = 0;
    const { adapter, told } = measured({ ...slow(), prepare: () => Promise.resolve(void prepared++) });
    await adapter.readBack?.prepare?.();
    await measured(slow()).adapter.readBack?.prepare?.();
    assert.deepEqual([prepared, told], [1, []]);
  });

  it('leaves a source alone that reads nothing back', () => {
    assert.equal(measured(null).adapter.readBack, null);
  });
});
