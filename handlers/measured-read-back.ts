import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Metrics } from '#core/ports/telemetry.ts';

interface Measuring {
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'readBack'>;
}

/** The same adapter; every question that it reads back is counted and timed. */
export function measuredAdapter(adapter: SourceAdapter, measuring: Measuring): SourceAdapter {
  const { readBack, content, name } = adapter;
  if (!readBack) return adapter;
  const measured = measureFor(name, measuring);
  return {
    ...adapter,
    readBack: measuredReadBack(readBack, measured),
    ...(content && { content: { read: (repository, commit, path) => measured('content', () => content.read(repository, commit, path)) } }),
  };
}

type Measure = <T>(question: string, ask: () => Promise<T>) => Promise<T>;

function measureFor(source: string, { clock, metrics }: Measuring): Measure {
  return async <T>(question: string, ask: () => Promise<T>): Promise<T> => {
    const begun = clock.monotonic();
    const tell = (result: string): void => metrics.readBack(source, question, result, (clock.monotonic() - begun) / 1_000);
    try {
      const answer = await ask();
      tell('answered');
      return answer;
    } catch (error) {
      tell(error instanceof HeadgateError ? error.code : 'INTERNAL');
      throw error;
    }
  };
}

function measuredReadBack(readBack: ReadBack, measured: Measure): ReadBack {
  const tag = readBack.tag?.bind(readBack);
  const movers = readBack.movers?.bind(readBack);
  return {
    by: readBack.by,
    prepare: async () => readBack.prepare?.(),
    heads: (repository, refs) => measured('heads', () => readBack.heads(repository, refs)),
    tags: (repository, pattern) => measured('tags', () => readBack.tags(repository, pattern)),
    isAncestor: (repository, ancestor, descendant) => measured('ancestry', () => readBack.isAncestor(repository, ancestor, descendant)),
    range: (repository, base, head, question) => measured('range', () => readBack.range(repository, base, head, question)),
    ...(tag && { tag: (repository, object, ref) => measured('tag', () => tag(repository, object, ref)) }),
    ...(movers && {
      movers: (repository, ref, before, after) => measured('movers', () => movers(repository, ref, before, after)),
    }),
  };
}
