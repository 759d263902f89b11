import type { ServerChannel } from 'ssh2';
import type { GerritAccount } from '#sandbox/gerrit/account.ts';
import type { Site } from '#sandbox/gerrit/site.ts';

export const VERSION = '3.14.2';

export interface Invocation {
  readonly account: GerritAccount;
  readonly channel: ServerChannel;
  /** Undefined = a shell was asked for. */
  readonly command: string | undefined;
  readonly port: number;
}

/** Runs what a client asked for. @param stream opens a stream of events of these types; none = all */
export function runCommand(site: Site, invocation: Invocation, stream: (types: ReadonlySet<string>) => void): void {
  const { account, channel, command } = invocation;
  const words = (command ?? '').split(' ').filter((word) => word !== '');
  const [program, verb, ...args] = words;
  if (program === undefined) return end(channel, 127, '', welcome(account, invocation.port));
  if (program !== 'gerrit') return end(channel, 1, '', `fatal: Gerrit Code Review: ${program}: not found\n`);
  switch (verb) {
    case 'version':
      return end(channel, 0, `gerrit version ${VERSION}\n`);
    case 'stream-events':
      if (!site.access.capable(account, 'streamEvents')) return end(channel, 1, '', 'stream events not permitted\n');
      return stream(subscribed(args));
    default:
      return end(channel, 1, '', `fatal: gerrit: ${verb ?? ''}: not found\n`);
  }
}

/** `-s TYPE` and `--subscribe TYPE`; unknown types are taken without a word. */
function subscribed(args: readonly string[]): ReadonlySet<string> {
  const types = args.flatMap((word, index) => {
    const [option = '', given] = word.split('=');
    if (option !== '-s' && option !== '--subscribe') return [];
    return [given ?? args[index + 1] ?? ''];
  });
  return new Set(types.filter((type) => type !== ''));
}

function end(channel: ServerChannel, code: number, output: string, complaint = ''): void {
  if (complaint !== '') channel.stderr.write(complaint);
  if (output !== '') channel.write(output);
  channel.exit(code);
  channel.end();
}

function welcome({ name, username }: GerritAccount, port: number): string {
  const lines = [
    '',
    '  ****    Welcome to Gerrit Code Review    ****',
    '',
    `  Hi ${name}, you have successfully connected over SSH.`,
    '',
    '  Unfortunately, interactive shells are disabled.',
    '  To clone a hosted Git repository, use:',
    '',
    `  git clone ssh://${username}@127.0.0.1:${port}/REPOSITORY_NAME.git`,
    '',
  ];
  return lines.map((line) => `${line}\n`).join('');
}
