import type { StreamState } from '#core/ports/event-stream.ts';

/** Why a connection ended, or never was one. */
export interface Failure {
  readonly kind: FailureKind;
  /** What is wrong and, where somebody has to mend it, how. */
  readonly message: string;
}

/**
 * `lost`: tried again soon. `refused`: the server is there and does not want to; tried again slowly. `mute`: as `lost`, but nobody
 * knows yet whether it helps. The others need a human.
 */
export type FailureKind = 'lost' | 'refused' | 'mute' | 'wrong-key' | 'not-permitted' | 'host-key-changed' | 'misconfigured';

/** Where it was to be connected to. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
}

/** What is shown while it lasts. */
export function stateOf({ kind }: Failure): StreamState {
  return kind === 'lost' || kind === 'refused' ? 'waiting' : kind;
}

/** Whether it may be over in a moment. */
export function isPassing({ kind }: Failure): boolean {
  return kind === 'lost' || kind === 'mute';
}

/** How the command ended: what a server that closes the channel says of it. */
export interface CommandEnd {
  /** Undefined when it did not say. */
  readonly exit: number | undefined;
  readonly stderr: string;
}

/** Gerrit ends the command with 0 also when it gives up on a slow reader, and lets the connection be. */
export function failureOfEnd({ exit, stderr }: CommandEnd, { host, port, user }: Peer): Failure {
  const said = stderr.trim();
  if (/not permitted/i.test(said)) {
    const message = `the account ${user} may not listen ("${said}"): give it the global capability Stream Events (All-Projects, Access, Global Capabilities)`;
    return { kind: 'not-permitted', message };
  }
  if (exit === undefined) return { kind: 'lost', message: `${host}:${port} closed the connection${said === '' ? '' : `: ${said}`}` };
  const message = `${host}:${port} ended stream-events with exit code ${exit}${said === '' ? '' : `: ${said}`}`;
  return { kind: exit === 0 ? 'lost' : 'refused', message };
}

/** SSH_DISCONNECT_TOO_MANY_CONNECTIONS (RFC 4253 section 11.1). */
const tooManyConnections = 12;

/** What ssh2 says of an error: its `level` and, for the server's own words of parting, a number as `code`. */
export function failureOfError(error: Error & { readonly level?: string; readonly code?: unknown }, peer: Peer): Failure {
  const { host, port, user, keyFile, knownHostsFile } = peer;
  if (error.level === 'client-authentication') {
    const message = `${host}:${port} does not let ${user} in with the key ${keyFile}: add ${keyFile}.pub to that account (Settings, SSH Keys), and check the user's name`;
    return { kind: 'wrong-key', message };
  }
  if (/no matching host key/i.test(error.message)) {
    const message = `${host}:${port} has no host key of a type that ${knownHostsFile} has; ${replaced(peer)}`;
    return { kind: 'host-key-changed', message };
  }
  const message = `${host}:${port}: ${error.message}`;
  return { kind: error.code === tooManyConnections ? 'refused' : 'lost', message };
}

/** @param complaint what is wrong with the key that was shown */
export function failureOfHostKey(complaint: string, peer: Peer): Failure {
  return { kind: 'host-key-changed', message: `${complaint}; ${replaced(peer)}` };
}

function replaced({ host, port, knownHostsFile }: Peer): string {
  const line = `\`ssh-keyscan -p ${port} ${host}\``;
  return `if its administrator has replaced it, write the new one (${line}) into ${knownHostsFile}; if not, somebody is in between`;
}
