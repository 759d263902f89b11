import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { HeadgateError } from '#core/errors.ts';
import { apiClient } from './api-client.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { findServer, type ServerOptions } from './find-server.ts';
import { print, tell, type Io } from './io.ts';
import { readManifestFiles } from './read-manifest-files.ts';
import { addServerOptions } from './server-options.ts';
import { styleFor, type Style } from './style.ts';
import { printable } from './text.ts';

interface PreflightOptions extends ServerOptions {
  readonly repo: string;
  readonly ref: string;
  readonly rev?: string;
  readonly source?: string;
  readonly at: string;
  readonly output: 'text' | 'json';
}

const Finding = z.object({ code: z.string(), severity: z.string(), path: z.string(), line: z.number().nullable(), message: z.string() });
type Finding = z.infer<typeof Finding>;

const Answer = z.object({
  verdict: z.string(),
  manifests: z.number(),
  against: z.array(z.string().nullable()),
  findings: z.array(Finding),
});

const exitHelp = `
Exit codes: ${exitCodes.ok} nothing is in the way, ${exitCodes.failed} it should not be pushed like this; the others as always.`;

/** `headgate preflight`: what is wrong with manifests, before they are pushed. */
export function addPreflight(program: Command, io: Io): void {
  const command = program
    .command('preflight')
    .description(
      'look at manifests before they are pushed: schemas of the clusters that would run them, secrets in clear, policy; nothing comes of it',
    )
    .argument('[directory]', 'where they lie', '.')
    .requiredOption('--repo <name>', 'the repository that they are going to be pushed to: org/app, or its URL')
    .requiredOption('--ref <ref>', 'the ref: refs/heads/main, branch:default')
    .option('--rev <commit>', 'what the ref is going to lead to')
    .option('--source <name>', 'where the repository lies; default the source that fits')
    .option('--at <path>', 'where the directory lies in the repository', '')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText('after', exitHelp);
  addServerOptions(command).action(async (directory: string, options: PreflightOptions) => {
    io.setExitCode(await preflight(io, directory, options));
  });
}

async function preflight(
  io: Io,
  directory: string,
  { repo, ref, rev, source, at, output, ...server }: PreflightOptions,
): Promise<ExitCode> {
  const { files, left } = await readManifestFiles(resolve(io.cwd, directory), at.replace(/^\/+|\/+$/g, ''));
  if (files.length === 0)
    throw new HeadgateError('USAGE', `there is no text file below ${directory}`, { hint: 'Name the directory that holds the manifests.' });
  for (const { path, why } of left) tell(io, `! ${path} is left out: ${why}`);
  const body = {
    repository: repo,
    ref,
    files,
    ...(rev === undefined ? {} : { revision: rev }),
    ...(source === undefined ? {} : { source }),
  };
  const answer = await apiClient(io, await findServer(io, server)).post('/v1/preflight', body);
  const read = Answer.parse(answer);
  print(io, output === 'json' ? [JSON.stringify(answer, null, 2)] : render(read, styleFor(io.stdout, io.env)));
  return read.verdict === 'pass' ? exitCodes.ok : exitCodes.failed;
}

function render({ verdict, manifests, against, findings }: z.infer<typeof Answer>, style: Style): readonly string[] {
  const where = against.map((cluster) => (cluster === null ? 'no cluster' : `cluster ${cluster}`)).join(', ');
  const summed = `${manifests} ${manifests === 1 ? 'object' : 'objects'}, for ${where}`;
  const end = verdict === 'pass' ? `${style.good('✔')} nothing is in the way (${summed})` : `${style.bad('✗')} not like this (${summed})`;
  return [...findings.map((finding) => line(finding, style)), end];
}

function line({ severity, path, line: at, message }: Finding, style: Style): string {
  const mark = severity === 'error' ? style.bad('✗') : style.warn(severity === 'warning' ? '!' : '?');
  const place = path === '' ? '' : `${path}${at === null ? '' : `:${at}`}: `;
  return `${mark} ${printable(`${place}${message}`)}`;
}
