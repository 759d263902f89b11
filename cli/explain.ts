import { Option, type Command } from 'commander';
import { stringify } from 'yaml';
import { apiClient } from './api-client.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { explainBody, type QuestionOptions } from './explain-question.ts';
import { Explanation } from './explanation-schema.ts';
import { renderExplanation } from './explanation.ts';
import { explanationVerdict } from './explanation-verdict.ts';
import { explainWithoutServer, isOffline, type OfflineFlags } from './explain-without-server.ts';
import { findServer, type ServerOptions } from './find-server.ts';
import { print, type Io } from './io.ts';
import { addServerOptions } from './server-options.ts';
import { viewOf } from './view.ts';

type ExplainOptions = ServerOptions & QuestionOptions & OfflineFlags & { readonly output: 'text' | 'json' | 'yaml' };

const exitHelp = `
Exit codes: ${exitCodes.ok} something would move and all that matches is allowed, ${exitCodes.nothingMoves} nothing would move,
${exitCodes.notAllowed} something that matches is not allowed, ${exitCodes.failed} a cluster has not answered yet, so the answer is not complete; the others as always.`;

/** `headgate explain`: what would come of a change, and why. */
export function addExplain(program: Command, io: Io): void {
  const command = program
    .command('explain')
    .description('tell what would come of a change: which targets would move, which would not, and why; nothing comes of it')
    .option('--repo <name>', 'a change of this repository: org/app, or its URL')
    .option('--ref <ref>', 'of this ref: refs/heads/main, of Mercurial branch:default')
    .option('--rev <commit>', 'to this commit; default whatever the head is')
    .option('--paths <paths...>', 'paths that it changes; default not known, and then whatever declares paths counts as touched')
    .option('--event <file>', 'the change that an event tells of: the body of a webhook in a file')
    .option('--event-name <name>', 'what the source calls the event', 'push')
    .option('--change <id>', 'a recorded change, under what holds now')
    .option('--source <name>', 'where it happens; default the source that fits')
    .option('--confirmed', 'suppose that the source confirms it; default as the source is configured')
    .option('--no-confirmed', 'suppose that it does not')
    .option('--subject-issuer <name>', 'suppose that somebody with a token of this issuer of the config asks for it')
    .option('--claims <file>', 'what that token claims, as JSON: sub at least')
    .option('--inventory <file>', 'no server: objects that `kubectl get -A -o yaml` printed; may be repeated', collect)
    .option('--kubeconfig <file>', 'no server: list the objects of a cluster once')
    .option('--context <name>', 'context of the kubeconfig; default its current one')
    .option('--cluster <name>', 'no server: what policies call the cluster; default the only one of the config')
    .option('--policies <directory>', 'no server: the policies; default those of the config')
    .option('--source-url <url>', 'no server, no config: a GitHub that counts as the source hub; default https://github.com')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json', 'yaml']).default('text'))
    .addHelpText('after', exitHelp);
  addServerOptions(command).action(async (options: ExplainOptions) => {
    io.setExitCode(await explain(io, options));
  });
}

function collect(file: string, before: readonly string[] = []): readonly string[] {
  return [...before, file];
}

async function explain(io: Io, options: ExplainOptions): Promise<ExitCode> {
  const body = await explainBody(io, options);
  const answer = isOffline(options)
    ? await explainWithoutServer(io, options, body)
    : await apiClient(io, await findServer(io, options)).post('/v1/explain', body);
  const explanation = Explanation.parse(answer);
  if (options.output === 'json') print(io, [JSON.stringify(answer, null, 2)]);
  else if (options.output === 'yaml') print(io, [stringify(answer, { aliasDuplicateObjects: false }).trimEnd()]);
  else print(io, renderExplanation(explanation, viewOf(io)));
  return explanationVerdict(io, explanation);
}
