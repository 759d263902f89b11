import { Option, type Command } from 'commander';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { stringify } from 'yaml';
import { apiClient, type ApiClient, type Query } from '../api-client.ts';
import { readSince } from '../duration.ts';
import { findServer, type ServerOptions } from '../find-server.ts';
import { print, tell, type Io } from '../io.ts';
import { addServerOptions } from '../server-options.ts';
import { renderTable } from '../table.ts';
import { viewOf } from '../view.ts';
import { addGetAccess } from './access.ts';
import { listItems, type Listing } from './list-items.ts';
import type { Resource } from './resource.ts';
import { resources } from './resources.ts';
import { watchItems } from './watch-items.ts';

interface GetOptions extends ServerOptions {
  readonly output: 'table' | 'wide' | 'json' | 'yaml';
  readonly limit: string;
  readonly since?: string;
  readonly watch?: true;
  readonly [filter: string]: unknown;
}

/** `headgate get <resource>`. */
export function addGet(program: Command, io: Io): void {
  const get = program.command('get').description('list what the server knows').usage('<what> [options]');
  for (const resource of resources) addResource(get, resource, io);
  addGetAccess(get, io);
}

function addResource(get: Command, resource: Resource, io: Io): void {
  const command = get.command(resource.name).description(resource.description);
  for (const [name, takes] of Object.entries(resource.filters)) command.option(`--${kebab(name)} <${kebab(name)}>`, takes);
  for (const [name, meaning] of Object.entries(resource.flags ?? {})) command.option(`--${kebab(name)}`, meaning);
  if (resource.dated) command.option('--since <time>', 'only since then: 1h, or 2026-01-31T10:00:00Z');
  command
    .option('--limit <count>', 'at most so many', '50')
    .option('-w, --watch', 'go on with what is new or has changed, until interrupted')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'wide', 'json', 'yaml']).default('table'));
  addServerOptions(command).action(async (options: GetOptions) => {
    const client = apiClient(io, await findServer(io, options));
    if (options.watch === true) return watchItems(io, client, resource, queryOf(resource, options, io), options.output);
    return getOnce(io, client, resource, options);
  });
}

async function getOnce(io: Io, client: ApiClient, resource: Resource, options: GetOptions): Promise<void> {
  const count = readCount(options.limit);
  const listing = await listItems(client, resource, queryOf(resource, options, io), count);
  print(io, renderListing(io, resource, listing, options.output));
  if (listing.more) tell(io, `► there are more; --limit ${count * 10} shows more of them`);
  if (listing.items.length === 0 && isTable(options.output))
    tell(io, `► no ${resource.name}${anyFilter(resource, options) ? ' that fit' : ' yet'}`);
}

function renderListing(io: Io, resource: Resource, { items }: Listing, output: GetOptions['output']): readonly string[] {
  if (output === 'json') return [JSON.stringify({ items }, null, 2)];
  if (output === 'yaml') return [stringify({ items }).trimEnd()];
  if (items.length === 0) return [];
  const { style, width } = viewOf(io);
  const wide = output === 'wide';
  const rows = items.map((item) => resource.row(item, io.clock.now(), wide));
  return renderTable(resource.headers(wide), rows, style, width);
}

function queryOf(resource: Resource, options: GetOptions, io: Io): Query {
  const filters = Object.keys(resource.filters).map((name) => [name, options[name]] as const);
  const flags = Object.keys(resource.flags ?? {}).flatMap((name) => (options[name] === true ? [[name, '1'] as const] : []));
  const since = options.since === undefined ? undefined : new Date(readSince(options.since, io.clock.now())).toISOString();
  return {
    ...Object.fromEntries(filters.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
    ...Object.fromEntries(flags),
    since,
  };
}

function anyFilter(resource: Resource, options: GetOptions): boolean {
  return options.since !== undefined || Object.keys({ ...resource.filters, ...resource.flags }).some((name) => options[name] !== undefined);
}

/** `wouldBe` as it is typed, `would-be`. */
function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function isTable(output: GetOptions['output']): boolean {
  return output === 'table' || output === 'wide';
}

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= limits.cli.items) return count;
  throw new HeadgateError('USAGE', `--limit ${text} is not a number from 1 to ${limits.cli.items}`);
}
