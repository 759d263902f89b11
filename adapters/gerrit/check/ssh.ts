import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import type { GerritSource } from '../schema.ts';
import type { Failure, FailureKind, Peer } from '../stream/failure.ts';
import { readPrivateKey } from '../stream/private-key.ts';
import { readHostKeys, streamCommand } from '../stream/stream.ts';
import { tryCommand } from '../stream/try-command.ts';

export interface SshQuestion {
  readonly source: GerritSource;
  readonly about: string;
  readonly clock: Pick<Clock, 'after'>;
}

/**
 * Whether Gerrit can be listened to: `gerrit version`, then a listener of a second's life, because a server that does not permit listening says
 * so only when it is asked to. Nothing where the config has no `ssh`.
 */
export async function checkSsh({ source, about, clock }: SshQuestion): Promise<readonly Finding[]> {
  const { ssh, url } = source;
  if (ssh === undefined) return [];
  const { host = new URL(url).hostname, port, user, key, knownHosts } = ssh;
  const peer: Peer = { host, port, user, keyFile: key.file, knownHostsFile: knownHosts.file };
  try {
    const files = { peer, key: await readPrivateKey(peer.keyFile), hostKeys: await readHostKeys(peer), clock };
    const version = await tryCommand({ ...files, command: 'gerrit version' });
    if ('failure' in version) return [failureFinding(about, version.failure)];
    const listening = await tryCommand({ ...files, command: streamCommand, settle: limits.eventStream.settle });
    if ('failure' in listening) return [failureFinding(about, listening.failure)];
    return [finding('SOURCE_STREAM', about, 'good', `may listen as ${user} at ${host}:${port}: ${said(version.output)}`)];
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    return [finding('SOURCE_STREAM', about, 'bad', error.message, { mend: error.hint })];
  }
}

function said(output: string): string {
  return output
    .trim()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .slice(0, limits.gerritRest.saidChars);
}

/** What is to be mended where: each has its own page. */
const mends: Readonly<Record<FailureKind, { readonly is: string; readonly mend: string }>> = {
  'wrong-key': { is: 'wrong key', mend: 'docs/how-to/runbooks.md, "Gerrit does not know the key".' },
  'host-key-changed': { is: 'another host key', mend: 'docs/how-to/runbooks.md, "Gerrit\'s host key has changed".' },
  'not-permitted': { is: 'not permitted', mend: 'docs/how-to/runbooks.md, "Gerrit does not let Headgate listen".' },
  refused: { is: 'refused', mend: 'Look at `gerrit show-connections` and at the log of Gerrit; it is tried again by itself, slowly.' },
  lost: { is: 'no connection', mend: 'Look at `ssh.host` and `ssh.port` of the source, and at the network: `nc -vz HOST 29418`.' },
  mute: { is: 'mute', mend: 'docs/how-to/runbooks.md, "Gerrit\'s stream is mute".' },
  misconfigured: { is: 'misconfigured', mend: 'Mend the file that the message names (`spec.sources[].ssh`).' },
};

function failureFinding(about: string, { kind, message }: Failure): Finding {
  const { is, mend } = mends[kind];
  return finding('SOURCE_STREAM', about, 'bad', `${is}: ${message}`, { mend });
}
