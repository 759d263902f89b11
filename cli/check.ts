import { Option, type Command } from 'commander';
import { stringify } from 'yaml';
import { limits } from '#core/limits.ts';
import { apiClient } from './api-client.ts';
import { configPath } from './config-path.ts';
import { exitCodes } from './exit-codes.ts';
import { findServer, type ServerOptions } from './find-server.ts';
import { renderFindings } from './findings.ts';
import { print, tell, type Io } from './io.ts';
import { Checks, type Finding } from './schema.ts';
import { addServerOptions } from './server-options.ts';
import { viewOf } from './view.ts';

interface CheckOptions extends ServerOptions {
  readonly pre?: true;
  readonly source?: string;
  readonly output: 'text' | 'json' | 'yaml';
}

/** `headgate check`: how a running server does, and all that it depends on; `--pre`: whether one could start. */
export function addCheck(program: Command, io: Io): void {
  const command = program
    .command('check')
    .description('look at a running server and all that it depends on; each finding ends with what mends it')
    .option('--pre', 'before a server is started: look at all that the config names, from here')
    .option('--source <source>', 'look at this source alone')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json', 'yaml']).default('text'))
    .addHelpText('after', '\nExit codes: 0 nothing is bad (warnings and unknown things are not), 1 something is, 4 no server answers.');
  addServerOptions(command).action(async (options: CheckOptions) => {
    const findings = options.pre === true ? await checkHere(io, options) : await askServer(io, options);
    print(io, renderedAs(options.output, findings, io));
    const bad = findings.filter(({ severity }) => severity === 'bad').length;
    if (bad > 0) io.setExitCode(exitCodes.failed);
    tell(
      io,
      bad > 0
        ? `✗ to be mended: ${bad}`
        : `► nothing is bad; warnings: ${findings.filter(({ severity }) => severity === 'warning').length}`,
    );
  });
}

async function checkHere(io: Io, { config, source }: CheckOptions): Promise<readonly Finding[]> {
  const { checkOffline } = await import('#server/check-offline.ts');
  return checkOffline({ configPath: configPath(io, config), env: io.env, source });
}

async function askServer(io: Io, options: CheckOptions): Promise<readonly Finding[]> {
  const client = apiClient(io, await findServer(io, options));
  return Checks.parse(await client.get('/v1/checks', { source: options.source }, limits.check.timeout)).findings;
}

function renderedAs(output: CheckOptions['output'], findings: readonly Finding[], io: Io): readonly string[] {
  if (output === 'json') return [JSON.stringify({ findings }, null, 2)];
  if (output === 'yaml') return [stringify({ findings }).trimEnd()];
  return renderFindings(findings, viewOf(io).style);
}
