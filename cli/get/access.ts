import { Option, type Command } from 'commander';
import { stringify } from 'yaml';
import { apiClient } from '../api-client.ts';
import { findServer, type ServerOptions } from '../find-server.ts';
import { print, tell, type Io } from '../io.ts';
import { addServerOptions } from '../server-options.ts';
import { viewOf } from '../view.ts';
import { accessLines } from './access-lines.ts';
import { Access } from './access-schema.ts';

interface AccessOptions extends ServerOptions {
  readonly namespace: string;
  readonly cluster?: string;
  readonly account?: readonly string[];
  readonly person?: readonly string[];
  readonly output: 'table' | 'json' | 'yaml';
}

/** `headgate get access`. */
export function addGetAccess(get: Command, io: Io): void {
  const command = get
    .command('access')
    .description('who may deploy what from where to a namespace, and why nobody else')
    .requiredOption('--namespace <namespace>', 'where objects are written')
    .option('--cluster <cluster>', 'only this one; all of them otherwise')
    .option(
      '--account <account...>',
      "accounts whose rights at the source are told, by id or user name; else those of the policies' persons",
    )
    .option('--person <person...>', 'persons whose accounts are meant, by the names of their documents')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json', 'yaml']).default('table'));
  addServerOptions(command).action(async (options: AccessOptions) => getAccess(io, options));
}

async function getAccess(io: Io, { namespace, cluster, account, person, output, ...options }: AccessOptions): Promise<void> {
  const client = apiClient(io, await findServer(io, options));
  const answer = await client.get('/v1/access', { namespace, cluster, accounts: account?.join(','), persons: person?.join(',') });
  if (output === 'json') return print(io, [JSON.stringify(answer, null, 2)]);
  if (output === 'yaml') return print(io, [stringify(answer).trimEnd()]);
  const { items } = Access.parse(answer);
  const view = viewOf(io);
  print(
    io,
    items.flatMap((item, index) => [...(index === 0 ? [] : ['']), ...accessLines(item, view)]),
  );
  if (items.length === 0) tell(io, '► no cluster is configured');
  else tell(io, '► at `advisory` Flux polls whatever policy says: this is what Headgate asks Flux for, not what Flux pulls by itself');
}
