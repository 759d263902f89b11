import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { pack } from 'tar-stream';
import { requireTools } from '../../test/e2e/cluster/tools.ts';
import { startRegistry } from '../../test/e2e/mercurial/registry.ts';
import type { Figure, Section } from '../figures.ts';
import type { Pace } from '../pace.ts';
import type { PublisherResult, PublisherTask } from '../publisher-process.ts';

const child = join(import.meta.dirname, '..', 'publisher-process.ts');
const manifest = `apiVersion: apps/v1\nkind: Deployment\n${'# what a manifest says besides\n'.repeat(50)}`;

/** What it takes from the tar stream of a revision to a tag that has been moved, at a real registry on the same machine. */
export async function measurePublishing(pace: Pace): Promise<Section> {
  requireTools(['docker-registry', 'setpriv']);
  const rounds = pace.published;
  const directory = await mkdtemp(join(tmpdir(), 'headgate-bench-publishing-'));
  const registry = await startRegistry();
  const measure = (repository: string, path: string, tars: readonly string[]): Promise<PublisherResult> =>
    publishAll({ host: registry.host, repository, path, tars, directory });
  try {
    const archives = (name: string, files: (round: number) => Files): Promise<string[]> =>
      Promise.all(Array.from({ length: rounds }, (_, round) => archive(directory, `${name}-${round}`, files(round))));
    const whole = await measure('whole', '', await archives('many', (round) => manifests(round, 50)));
    const part = await measure('part', 'apps/a00', await archives('few', (round) => manifests(round, 1)));
    const most = await measure('large', '', [await archive(directory, 'large', incompressible())]);
    return { title: 'Publishing', method, figures: figures(whole, part, most) };
  } finally {
    await registry.close();
    await rm(directory, { recursive: true });
  }
}

const method = [
  '5,000 files in 50 directories, and one directory of them, as a tar on disk; every revision changes one file of each directory',
  "packed, and pushed to Debian's docker-registry on the same machine: from the order to the moved tag",
  'each row in a process of its own, whose memory is the most that it ever had',
];

function figures(whole: PublisherResult, part: PublisherResult, most: PublisherResult): readonly Figure[] {
  const memory = ({ memory: bytes, memoryBefore }: PublisherResult) => ({
    ...{ unit: 'MB', samples: [(bytes - memoryBefore) / 1e6], goal: { atMost: 150 } },
    note: `beyond the ${Math.round(memoryBefore / 1e6)} MB of the process before`,
  });
  return [
    { name: '5,000 files', unit: 'ms', samples: whole.published, goal: { atMost: 2_000 } },
    { name: '5,000 files, published already', unit: 'ms', samples: [whole.again] },
    { name: '5,000 files, memory', ...memory(whole) },
    { name: '100 files', unit: 'ms', samples: part.published, goal: { atMost: 300 } },
    { name: '60 MB that do not compress', unit: 'ms', samples: most.published },
    { name: '60 MB that do not compress, memory', ...memory(most) },
  ];
}

async function publishAll(task: PublisherTask): Promise<PublisherResult> {
  const args = ['--disable-warning=ExperimentalWarning', child, JSON.stringify(task)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as PublisherResult;
}

type Files = Iterable<readonly [name: string, content: string | Buffer]>;

async function archive(directory: string, name: string, files: Files): Promise<string> {
  const path = join(directory, `${name}.tar`);
  const packing = pack();
  const written = pipeline(packing, createWriteStream(path));
  for (const [file, content] of files) packing.entry({ name: file }, content);
  packing.finalize();
  await written;
  return path;
}

function* manifests(round: number, directories: number): Files {
  for (let n = 0; n < directories * 100; n++) {
    const [directory, file] = [Math.floor(n / 100), n % 100].map((part) => String(part).padStart(2, '0'));
    yield [`apps/a${directory}/f${file}.yaml`, `# ${file === '00' ? round : n}\n${manifest}`];
  }
}

function* incompressible(): Files {
  for (let n = 0; n < 60; n++) yield [`f${n}`, randomBytes(1e6)];
}
