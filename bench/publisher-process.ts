import { createReadStream } from 'node:fs';
import { createOciPublisher } from '#adapters/oci/publisher.ts';
import { systemClock } from '#core/clock.ts';
import type { Publication } from '#core/publication.ts';

/** What this process is told, in its first argument. */
export interface PublisherTask {
  readonly host: string;
  readonly repository: string;
  readonly path: string;
  /** Archives; each is one revision. */
  readonly tars: readonly string[];
  readonly directory: string;
}

/** What it prints. */
export interface PublisherResult {
  /** Milliseconds of each publication. */
  readonly published: readonly number[];
  /** The same again, when the tag is there. */
  readonly again: number;
  /** Most that the process has had, and what it had before; bytes. */
  readonly memory: number;
  readonly memoryBefore: number;
}

/** Publishes archives one after another, in a process of its own: what it takes in memory is nobody else's. */
async function main(): Promise<void> {
  const { host, repository, path, tars, directory } = JSON.parse(process.argv[2] ?? '') as PublisherTask;
  const publication: Publication = {
    ...{ repository: 'infra', ref: 'branch:default', path, url: `oci://${host}/${repository}` },
    ...{ tag: 'default', content: 'manifests' },
  };
  const stop = new AbortController();
  const publisher = createOciPublisher({
    publications: [publication],
    source: {
      doubts: () => Promise.resolve([]),
      content: ({ revision }) =>
        Promise.resolve({
          ...{ date: 0, origin: `default@sha1:${revision}`, url: 'https://hg.example/infra' },
          archive: { prefix: '', added: [], tar: createReadStream(tars[Number(revision)] ?? '') as AsyncIterable<Buffer> },
        }),
    },
    registries: [{ host, plainHttp: true }],
    directory,
    clock: systemClock,
    env: {},
    stopping: stop.signal,
  });
  const timed = async (revision: number): Promise<number> => {
    const begun = performance.now();
    await publisher.publish({ publication, ref: 'branch:default', revision: String(revision) });
    return performance.now() - begun;
  };
  const memoryBefore = process.resourceUsage().maxRSS * 1024;
  const published: number[] = [];
  for (const [revision] of tars.entries()) published.push(await timed(revision));
  const again = await timed(tars.length - 1);
  const result: PublisherResult = { published, again, memory: process.resourceUsage().maxRSS * 1024, memoryBefore };
  stop.abort();
  process.stdout.write(JSON.stringify(result));
}

await main();
