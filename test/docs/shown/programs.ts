import { randomBytes } from 'node:crypto';
import { systemClock } from '#core/clock.ts';
import { runProgram } from '#cli/program.ts';
import { runSandbox } from '#cli/sandbox.ts';
import type { Io } from '#cli/io.ts';
import { startServer } from '#server/main.ts';
import { curl } from './curl.ts';
import { flux, kubectl } from './kubectl.ts';
import type { Call, Program } from './program-server.ts';
import { servedConfig } from './served-config.ts';
import { realAddress, type Stage } from './stage.ts';

const ANY = '127.0.0.1:0';

/**
 * The programs of a page's PATH. Headgate itself runs in the test's process, on free ports and with the sandbox's GitHub in the
 * place of every forge. The others are played: they know what pages show, and refuse everything else.
 */
export function programs(stage: Stage): Readonly<Record<string, Program>> {
  return {
    headgate: (call) => headgate(stage, call),
    make: (call) => make(stage, call),
    kubectl: (call) => kubectl(stage, call),
    flux: (call) => flux(stage, call),
    curl: (call) => curl(stage, call),
    openssl,
  };
}

async function headgate(stage: Stage, call: Call): Promise<number> {
  if (call.args[0] === 'serve') return serve(stage, call);
  if (call.args[0] === 'sandbox') return sandbox(stage, call);
  const server = stage.server === undefined ? {} : { HEADGATE_SERVER: stage.server.web.url, HEADGATE_TOKEN: await stage.token() };
  const preflight = call.args[0] === 'check' && call.args.includes('--pre');
  const env = preflight ? { ...call.env, HEADGATE_CONFIG: await servedConfig(stage, call) } : { ...server, ...call.env };
  return inProcess({ ...call, env, args: call.args.map((argument) => realAddress(stage, argument)) });
}

/** Runs the command line as its entry does. */
async function inProcess(call: Call): Promise<number> {
  let code = 0;
  await runProgram({ ...ioOf(call), setExitCode: (exitCode) => void (code = exitCode) }, call.args);
  return code;
}

function ioOf({ stdout, stderr, env, cwd, signal }: Call): Io {
  return { stdout, stderr, env, cwd, signal, clock: systemClock, fetch, setExitCode() {} };
}

async function serve(stage: Stage, call: Call): Promise<number> {
  const configPath = await servedConfig(stage, call);
  stage.server = await startServer({ configPath, env: call.env, stderr: call.stderr, signal: call.signal });
  await aborted(call.signal);
  await stage.server.close();
  stage.server = undefined;
  return 0;
}

async function sandbox(stage: Stage, call: Call): Promise<number> {
  await runSandbox(ioOf(call), {
    mercurial: false, // not every machine that runs these tests has it
    listen: { webhook: ANY, web: ANY, metrics: ANY, health: ANY },
    async serve(options) {
      stage.server = await startServer(options);
      return stage.server;
    },
  });
  stage.server = undefined;
  return 0;
}

function make(stage: Stage, call: Call): Promise<number> {
  const [target] = call.args;
  if (call.args.length !== 1 || (target !== 'run' && target !== 'install')) throw new Error(`no make ${call.args.join(' ')}`);
  return target === 'run' ? sandbox(stage, call) : Promise.resolve(0);
}

function openssl({ args, stdout }: Call): Promise<number> {
  if (args.join(' ') !== 'rand -hex 32') throw new Error(`no openssl ${args.join(' ')}`);
  stdout.write(`${randomBytes(32).toString('hex')}\n`);
  return Promise.resolve(0);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
