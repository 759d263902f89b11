import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Document, isMap, isSeq, parseDocument } from 'yaml';
import type { Call } from './program-server.ts';
import { hosts, type Stage } from './stage.ts';

/**
 * The config that is really served for the one that the page has written: beside it, the same but for free ports, the simulated
 * GitHub in the place of every forge (whose own address becomes an alias), and where the page speaks of sweeps, short intervals.
 * @returns its path
 */
export async function servedConfig({ github }: Stage, { args, cwd, env }: Call): Promise<string> {
  const at = args.indexOf('--config');
  const file = resolve(cwd, (at === -1 ? env['HEADGATE_CONFIG'] : args[at + 1]) ?? 'headgate.yaml');
  const document = parseDocument(await readFile(file, 'utf8'));
  for (const name of ['webhook', 'web', 'metrics', 'health']) document.setIn(['spec', 'listen', name], '127.0.0.1:0');
  const sources = document.getIn(['spec', 'sources']);
  if (isSeq(sources)) for (const index of sources.items.keys()) playSource(document, index, github.url);
  const served = join(dirname(file), 'headgate.served.yaml');
  await writeFile(served, document.toString());
  return served;
}

function playSource(document: Document.Parsed, index: number, github: string): void {
  const source = document.getIn(['spec', 'sources', index]);
  if (!isMap(source)) return;
  const url = source.get('url') ?? hosts[0];
  source.set('url', github);
  const aliases: unknown = source.toJSON()['aliases'];
  source.set('aliases', [url, ...(Array.isArray(aliases) ? aliases : [])]);
  if (source.has('sweep')) document.setIn(['spec', 'sources', index, 'sweep', 'interval'], '1s');
}
