import { readFile } from 'node:fs/promises';
import { isLoopback } from '#config/network.ts';
import { unverifiedClaims } from '#core/unverified-claims.ts';
import type { HgSource } from '../schema.ts';

export interface HookCredential {
  readonly source: HgSource;
  /** `[headgate]` of the hook. */
  readonly settings: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Fault {
  readonly message: string;
  readonly mend: string;
}

const page = 'docs/how-to/mercurial-hook.md';

/**
 * Why what the hook vouches with cannot be believed, as far as this account can see it: a secret that the source does not have is found out by a delivery
 * alone, and a file that this account may not read is none of its business.
 */
export async function credentialFault({ source, settings, now }: HookCredential): Promise<Fault | undefined> {
  const [secretFile, tokenFile] = [settings.get('secret-file'), settings.get('token-file')];
  if (secretFile !== undefined && tokenFile !== undefined)
    return { message: 'it has both secret-file and token-file, and sends nothing', mend: `Leave one of them out: ${page}.` };
  if (tokenFile !== undefined) return tokenFault({ source, settings, now }, tokenFile);
  if (secretFile === undefined)
    return { message: 'it has neither secret-file nor token-file, and sends nothing', mend: `Name one of them in [headgate]: ${page}.` };
  const isThere = (await contentOf(secretFile)) !== undefined;
  if (!isThere)
    return {
      message: `${secretFile} is not there`,
      mend: `Write one of the source's secrets to it, for the account that hg runs as: ${page}.`,
    };
  if (source.webhook?.secrets.length === 0)
    return {
      message: 'it signs with a secret, and the source takes tokens alone',
      mend: 'Add the secret to `webhook.secrets` of the source.',
    };
  return undefined;
}

async function tokenFault({ source, settings, now }: HookCredential, file: string): Promise<Fault | undefined> {
  const senders = source.webhook?.tokens ?? [];
  if (senders.length === 0)
    return {
      message: 'it shows a token, and the source takes none',
      mend: 'List whose tokens it takes in `webhook.tokens` of the source.',
    };
  const url = settings.get('url') ?? '';
  if (!isShownTo(url))
    return { message: `it shows no token to ${url}, which is without TLS`, mend: 'Let `url` of [headgate] begin with `https://`.' };
  const renew = `Look at what writes it on this machine: ${page}.`;
  const content = await contentOf(file);
  if (content === undefined) return { message: `${file} is not there`, mend: renew };
  if (content === null) return undefined;
  const claims = unverifiedClaims(content.trim());
  if (claims === undefined) return { message: `${file} holds no token (JWT)`, mend: renew };
  const { exp, sub } = claims;
  if (typeof exp === 'number' && exp * 1_000 <= now)
    return { message: `the token in ${file} expired at ${new Date(exp * 1_000).toISOString()}`, mend: renew };
  const isListed = senders.some(({ match }) => Object.entries(match).every(([claim, value]) => claims[claim] === value));
  if (isListed) return undefined;
  const whose = typeof sub === 'string' ? JSON.stringify(sub.slice(0, 255)) : 'nobody';
  return {
    message: `the token in ${file} is that of ${whose}, which webhook.tokens does not list so`,
    mend: 'Correct `match` there, or the account.',
  };
}

/** As the hook has it: over TLS, or to its own machine. */
function isShownTo(url: string): boolean {
  if (!URL.canParse(url)) return true; // what is wrong with it is another finding
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || isLoopback(hostname.replace(/^\[|\]$/g, ''));
}

/** Undefined where there is none, null where this account may not look. */
async function contentOf(file: string): Promise<string | null | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    if (error.code === 'ENOENT') return undefined;
    if (error.code === 'EACCES') return null;
    throw error;
  }
}
