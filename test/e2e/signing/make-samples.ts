import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { SigningFolder, type SignedBy } from './tools.ts';

export interface SignedSample {
  readonly name: string;
  readonly kind: 'commit' | 'tag';
  readonly id: string;
  /** The whole object without git's own header, Latin-1. */
  readonly raw: string;
  /** Name of the key. */
  readonly key: string;
}

export interface Samples {
  /** What made them. */
  readonly tools: readonly string[];
  /** Seconds since the epoch: when everything was signed, but for what the key `expired` signed a day later than it could. */
  readonly at: number;
  /** Public keys by name: as gpg exports and ssh-keygen writes them, with the fingerprint that the tool itself names. */
  readonly keys: Readonly<Record<string, { readonly text: string; readonly fingerprint: string }>>;
  readonly objects: readonly SignedSample[];
}

/** When the samples are signed: 2026-01-01T12:00:00Z. */
const signedAt = 1_767_268_800;

const gpgKeys = {
  subkey: { algorithm: 'ed25519', usage: 'cert' },
  rsa: { algorithm: 'rsa3072', usage: 'sign' },
  nist: { algorithm: 'nistp256', usage: 'sign' },
  expiring: { algorithm: 'ed25519', usage: 'sign', expires: '2d' },
  revoked: { algorithm: 'ed25519', usage: 'sign' },
  'weak-key': { algorithm: 'rsa2048', usage: 'sign' },
  'weak-signature': { algorithm: 'rsa2048', usage: 'sign' },
  'brief-signature': { algorithm: 'ed25519', usage: 'sign' },
} as const;

/** What gpg is told while it makes a key, and while it signs with it. */
const gpgOptions: Readonly<Record<string, { readonly making?: readonly string[]; readonly signing?: readonly string[] }>> = {
  'weak-key': { making: ['allow-weak-digest-algos', 'cert-digest-algo SHA1'] },
  'weak-signature': { signing: ['allow-weak-digest-algos', 'digest-algo SHA1'] },
  'brief-signature': { signing: ['default-sig-expire 1d'] },
};

const sshKeys = {
  'ssh-ed25519': ['ed25519'],
  'ssh-ecdsa-256': ['ecdsa', 256],
  'ssh-ecdsa-384': ['ecdsa', 384],
  'ssh-ecdsa-521': ['ecdsa', 521],
  'ssh-rsa': ['rsa', 3072],
} as const;

/** Has real git, gpg and ssh-keygen sign commits and tags with one key of each kind. */
export async function makeSamples(): Promise<Samples> {
  await using folder = await SigningFolder.make(signedAt);
  const signers = new Map<string, SignedBy>();
  for (const [name, options] of Object.entries(gpgKeys)) {
    await folder.gpgOptions(...(gpgOptions[name]?.making ?? []));
    signers.set(name, { format: 'openpgp', key: await folder.gpgKey(name, options) });
  }
  for (const [name, [type, bits]] of Object.entries(sshKeys))
    signers.set(name, { format: 'ssh', key: await folder.sshKey(name, type, bits) });
  const objects: SignedSample[] = [];
  for (const [key, by] of signers) objects.push(...(await signWith(folder, key, by)));
  await revoke(folder, signers.get('revoked')?.key ?? '');
  const keys = Object.fromEntries(await Promise.all([...signers].map(async ([name, by]) => [name, await publicKey(folder, by)] as const)));
  return { tools: ['git', 'gpg', 'ssh'].map(versionOf), at: signedAt, keys, objects };
}

async function signWith(folder: SigningFolder, key: string, by: SignedBy): Promise<readonly SignedSample[]> {
  const sample = async (kind: SignedSample['kind'], name: string, id: string): Promise<SignedSample> => {
    return { name, kind, id, raw: await folder.git('cat-file', kind, id), key };
  };
  await folder.gpgOptions(...(gpgOptions[key]?.signing ?? []));
  const message = `Signed by ${key}\n\nWith a second paragraph, and gpgsig in a line:\n\ngpgsig -----BEGIN PGP SIGNATURE-----`;
  const commit = await sample('commit', `commit by ${key}`, await folder.commit(by, message));
  const tag = await sample('tag', `tag by ${key}`, await folder.tag(by, `by-${key}`, message));
  return [commit, tag];
}

async function revoke(folder: SigningFolder, fingerprint: string): Promise<void> {
  const written = readFileSync(`${folder.path}/gnupg/openpgp-revocs.d/${fingerprint}.rev`, 'utf8');
  const certificate = `${folder.path}/revocation.asc`;
  execFileSync('tee', [certificate], { input: written.replace(/^:-----BEGIN/m, '-----BEGIN'), stdio: ['pipe', 'ignore', 'inherit'] });
  await folder.gpg('--import', certificate);
}

async function publicKey(
  folder: SigningFolder,
  { format, key }: SignedBy,
): Promise<{ readonly text: string; readonly fingerprint: string }> {
  if (format === 'openpgp') return { text: await folder.gpg('--armor', '--export', key), fingerprint: `openpgp:${key}` };
  const [, fingerprint] = execFileSync('ssh-keygen', ['-l', '-f', `${key}.pub`], { encoding: 'utf8' }).split(' ');
  return { text: readFileSync(`${key}.pub`, 'utf8'), fingerprint: `ssh:${fingerprint}` };
}

function versionOf(tool: string): string {
  const args = tool === 'ssh' ? ['-c', 'ssh -V 2>&1'] : ['-c', `${tool} --version`];
  return execFileSync('/bin/sh', args, { encoding: 'utf8' }).split('\n')[0] ?? '';
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await makeSamples(), null, 2)}\n`);
