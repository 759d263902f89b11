import type { Command } from 'commander';
import { apiClient } from '../api-client.ts';
import { findServer, type ServerOptions } from '../find-server.ts';
import { print, tell, type Io } from '../io.ts';
import { addServerOptions } from '../server-options.ts';
import { printable } from '../text.ts';

/** Lines of `audit names`, for people and for programs that split at tabs. */
export function nameLines(names: readonly { readonly reference: string; readonly name: string; readonly at: number }[]): readonly string[] {
  return names.map(({ reference, name, at }) => `${reference}\t${new Date(at).toISOString()}\t${printable(name)}`);
}

/** `headgate audit forget`: asks the server, because it has the journal. */
export function addForget(group: Command, io: Io): void {
  const command = group
    .command('forget')
    .description('erase whom references in records mean; the chain stays as it is, and the erasure is on record')
    .argument('<reference...>', 'as records and `audit names` have it: person:…');
  addServerOptions(command).action(async (references: readonly string[], options: ServerOptions) => {
    const client = apiClient(io, await findServer(io, options));
    for (const reference of references) {
      await client.delete(`/v1/persons/${encodeURIComponent(reference)}`);
      print(io, [reference]);
    }
    tell(io, `✔ erased: ${references.length}`);
  });
}
