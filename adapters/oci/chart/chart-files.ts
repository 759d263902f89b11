import { HeadgateError } from '#core/errors.ts';
import { formatBytes } from '#core/format-bytes.ts';
import { limits } from '#core/limits.ts';
import type { CollectedFile } from '../pack/collect-files.ts';
import type { Spool } from '../pack/spool.ts';
import { chartMetadata, type ChartMetadata } from './chart-metadata.ts';
import { helmIgnore } from './helm-ignore.ts';

export interface Chart {
  readonly metadata: ChartMetadata;
  /** As `helm package` lays them out: below a directory of the chart's name, without what `.helmignore` leaves out. */
  readonly files: readonly CollectedFile[];
}

/**
 * Makes a chart of the files of a directory. What it depends on has to lie in `charts/`: nothing is fetched.
 * @param spool where the files lie
 * @throws HeadgateError CONTENT_REFUSED when Helm would not package it
 */
export async function chartFiles(files: readonly CollectedFile[], spool: Spool): Promise<Chart> {
  const { chartFiles: most } = limits.publish;
  if (files.length > most) throw new HeadgateError('CONTENT_TOO_LARGE', `the chart holds more than ${most} files`);
  const read = (name: string): Promise<string | undefined> =>
    textOf(
      files.find((file) => file.name === name),
      spool,
    );
  const yaml = await read('Chart.yaml');
  if (yaml === undefined) throw refused('there is no Chart.yaml in it');
  const metadata = chartMetadata(yaml);
  const isLeftOut = helmIgnore((await read('.helmignore')) ?? '');
  const kept = files.filter((file) => !isLeftOut(file.name));
  if (!kept.some((file) => file.name === 'Chart.yaml')) throw refused('its .helmignore leaves Chart.yaml out');
  requireDependencies(metadata, kept);
  return { metadata, files: kept.map((file) => ({ ...file, name: `${metadata.name}/${file.name}` })) };
}

async function textOf(file: CollectedFile | undefined, spool: Spool): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const most = limits.publish.chartBytes;
  if (file.size > most) throw new HeadgateError('CONTENT_TOO_LARGE', `${file.name} of the chart has more than ${formatBytes(most)}`);
  const pieces: Buffer[] = [];
  for await (const piece of spool.read(file.from, file.size)) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

/** `helm package` refuses a chart whose dependencies are missing; Flux would install it without them. */
function requireDependencies({ dependencies = [] }: ChartMetadata, files: readonly CollectedFile[]): void {
  const isThere = (name: string): boolean =>
    files.some(
      (file) => file.name.startsWith(`charts/${name}/`) || (file.name.startsWith(`charts/${name}-`) && file.name.endsWith('.tgz')),
    );
  const missing = dependencies.map(({ name }) => name).filter((name) => !isThere(name));
  if (missing.length > 0)
    throw refused(
      `it depends on ${missing.slice(0, 5).join(', ')}, and charts/ does not hold that; \`helm dependency update\` puts it there`,
    );
}

function refused(why: string): HeadgateError {
  return new HeadgateError('CONTENT_REFUSED', `the chart cannot be packed: ${why}`);
}
