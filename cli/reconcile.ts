import { InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';
import { limits } from '#core/limits.ts';
import { apiClient } from './api-client.ts';
import { formatDuration, readDuration } from './duration.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { findServer, type ServerOptions } from './find-server.ts';
import { print, tell, type Io } from './io.ts';
import { Story } from './schema.ts';
import { addServerOptions } from './server-options.ts';
import { renderStory } from './story.ts';
import { viewOf } from './view.ts';
import { HeadgateError } from '#core/errors.ts';

interface ReconcileOptions extends ServerOptions {
  readonly namespace: string;
  readonly cluster: string;
  readonly revision?: string;
  readonly force?: true;
  readonly wait: string;
  readonly output?: 'json';
}

const Answer = z.object({ stories: z.array(Story) });

/** `headgate reconcile Kind/name`: asks for one, as policy allows. */
export function addReconcile(program: Command, io: Io): void {
  const command = program
    .command('reconcile')
    .description('ask for a target to be brought to its revision; policy decides about it like about a push')
    .argument('<object>', 'Kind/name of a Flux source, or of a Kustomization or HelmRelease (then its source is meant)', parseObject)
    .requiredOption('-n, --namespace <namespace>', 'namespace of the object')
    .requiredOption('--cluster <cluster>', 'name of the cluster in the config')
    .option('--revision <commit>', 'the commit that is expected; default the head of the ref')
    .option('--force', 'ask Flux even when the target is current')
    .option('--wait <duration>', 'how long to wait for the outcome; 0s = not at all', '60s');
  addServerOptions(command).action(async (object: ObjectName, options: ReconcileOptions) => {
    io.setExitCode(await reconcile(io, object, options));
  });
}

interface ObjectName {
  readonly kind: string;
  readonly name: string;
}

function parseObject(text: string): ObjectName {
  const [kind, name, ...rest] = text.split('/');
  if (!kind || !name || rest.length > 0) throw new InvalidArgumentError('Write it like GitRepository/webapp.');
  return { kind, name };
}

async function reconcile(io: Io, { kind, name }: ObjectName, options: ReconcileOptions): Promise<ExitCode> {
  const { cluster, namespace, revision, force } = options;
  const wait = readWait(options.wait);
  const client = apiClient(io, await findServer(io, options));
  tell(io, `► asking ${client.address.url} to reconcile ${kind}/${name} in ${namespace} of ${cluster}`);
  const body = { cluster, namespace, kind, name, ...(revision === undefined ? {} : { revision }), ...(force === true ? { force } : {}) };
  const query = wait === 0 ? {} : { wait: `${Math.ceil(wait / 1_000)}s` };
  const { stories } = Answer.parse(await client.post('/v1/reconciles', body, query, wait));
  stories.forEach((story, index) => print(io, [...(index === 0 ? [] : ['']), ...renderStory(story, viewOf(io))]));
  return verdict(io, stories, wait);
}

function readWait(text: string): number {
  const wait = readDuration(text);
  if (wait <= limits.http.apiWaitMax) return wait;
  throw new HeadgateError('USAGE', `--wait ${text} is longer than ${formatDuration(limits.http.apiWaitMax)}`, {
    hint: 'Ask without it, then follow with `headgate trace --watch`.',
  });
}

/** One line of progress, and the exit code: the worst of all targets. */
function verdict(io: Io, stories: readonly Story[], wait: number): ExitCode {
  const denied = stories.some(({ decisions }) => decisions.some((decision) => decision.verdict !== 'allow'));
  const reconciles = stories.flatMap((story) => story.reconciles);
  const failed = reconciles.some(
    ({ outcome, reason }) => !(outcome === null || outcome === 'applied' || outcome === 'superseded' || reason === 'current'),
  );
  if (denied || failed) {
    tell(io, denied ? '✗ denied' : '✗ not applied');
    return exitCodes.failed;
  }
  if (wait > 0 && reconciles.some(({ outcome }) => outcome === null)) {
    tell(io, `✗ no outcome within ${formatDuration(wait)}; follow it with \`headgate trace ${stories[0]?.change.id ?? ''} --watch\``);
    return exitCodes.timedOut;
  }
  tell(io, wait === 0 ? '✔ asked' : '✔ done');
  return exitCodes.ok;
}
