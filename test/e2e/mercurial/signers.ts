import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SigningFolder } from '../signing/tools.ts';

const day = 24 * 60 * 60;

/** People with real keys, made ten days ago, and a gpg that signs with them nine days ago. */
export interface HgSigners extends AsyncDisposable {
  /** Fingerprints of primary keys. */
  readonly jane: string;
  readonly mallory: string;
  /** Of a key that has expired since it signed. */
  readonly expired: string;
  /** The public keys of those who would be listed. */
  readonly armored: { readonly jane: string; readonly expired: string };
  /** Lines of hgrc with which `hg sign --key` signs by any of them. */
  readonly rc: string;
}

export async function makeHgSigners(): Promise<HgSigners> {
  const now = Math.floor(Date.now() / 1_000);
  const folder = await SigningFolder.make(now - 10 * day);
  const expired = await folder.gpgKey('expired', { algorithm: 'ed25519', usage: 'sign', expires: '2d' });
  const jane = await folder.gpgKey('jane', { algorithm: 'ed25519', usage: 'cert' });
  const mallory = await folder.gpgKey('mallory', { algorithm: 'rsa2048', usage: 'sign' });
  const program = join(folder.path, 'gpg-of-people');
  const options = `--homedir '${folder.path}/gnupg' --batch --faked-system-time '${now - 9 * day}!'`;
  await writeFile(program, `#!/bin/sh\nexec gpg ${options} "$@"\n`);
  await chmod(program, 0o700);
  const exported = (key: string): Promise<string> => folder.gpg('--armor', '--export', key);
  return {
    jane,
    mallory,
    expired,
    armored: { jane: await exported(jane), expired: await exported(expired) },
    rc: `[extensions]\ngpg =\n[gpg]\ncmd = ${program}\n`,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
