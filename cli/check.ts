import type { Command } from 'commander';
import { limits } from '#core/limits.ts';
import { apiClient } from './api-client.ts';
import { clusterFindings } from './cluster-findings.ts';
import { configPath } from './config-path.ts';
import { exitCodes } from './exit-codes.ts';
import { findServer, type ServerOptions } from './find-server.ts';
import { findingsOf, renderFindings, type Finding } from './findings.ts';
import { print, tell, type Io } from './io.ts';
import { preflight } from './preflight.ts';
import { Checks, Status } from './schema.ts';
import { addServerOptions } from './server-options.ts';
import { viewOf } from './view.ts';

interface CheckOptions extends ServerOptions {
  readonly pre?: true;
}

/** `headgate check`: how a running server does; `--pre`: whether one could start. */
export function addCheck(program: Command, io: Io): void {
  const command = program
    .command('check')
    .description('look at a running server, its journal, clusters and queue')
    .option('--pre', 'look at config, data directory and listeners instead, before a server is started');
  addServerOptions(command).action(async (options: CheckOptions) => {
    const findings = options.pre === true ? await preflight(io, configPath(io, options.config)) : await askServer(io, options);
    print(io, renderFindings(findings, viewOf(io).style));
    const bad = findings.filter(({ level }) => level === 'bad').length;
    if (bad === 0) return;
    io.setExitCode(exitCodes.failed);
    tell(io, `✗ to be mended: ${bad}`);
  });
}

async function askServer(io: Io, options: ServerOptions): Promise<readonly Finding[]> {
  const client = apiClient(io, await findServer(io, options));
  const status = Status.parse(await client.get('/v1/status'));
  const checks = Checks.parse(await client.get('/v1/checks', {}, limits.kube.requestTimeout));
  return [...findingsOf(status), ...clusterFindings(checks)];
}
