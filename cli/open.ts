import type { Command } from 'commander';
import { z } from 'zod';
import { apiClient } from './api-client.ts';
import { findServer, type ServerOptions } from './find-server.ts';
import { print, tell, type Io } from './io.ts';
import { addServerOptions } from './server-options.ts';

const Login = z.object({ url: z.string(), validSeconds: z.number() });

/** `headgate open`: an address that opens the pages in a browser. */
export function addOpen(program: Command, io: Io): void {
  const command = program.command('open').description('print an address that opens the pages in a browser, once and for a minute');
  addServerOptions(command).action(async (options: ServerOptions) => {
    const client = apiClient(io, await findServer(io, options));
    const { url, validSeconds } = Login.parse(await client.post('/v1/logins', {}));
    print(io, [new URL(url, client.address.url).href]);
    tell(io, `► open it within ${validSeconds} seconds; it works once`);
  });
}
