import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPrivateKey } from '#adapters/gerrit/stream/private-key.ts';
import { HeadgateError } from '#core/errors.ts';
import { privateKeyIn, sshFixture } from './ssh-fixtures.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const pem = { format: 'pem' } as const;
const locked = { ...pem, cipher: 'aes-256-cbc', passphrase: 'secret' } as const;

describe('a private key for Gerrit', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headgate-key-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const written = async (text: string): Promise<string> => {
    const file = join(folder, 'key');
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const refused = (file: string, message: RegExp, hint: RegExp): Promise<void> =>
    assert.rejects(readPrivateKey(file), (error) => {
      assert.ok(error instanceof HeadgateError && error.code === 'SSH_UNUSABLE');
      assert.match(error.message, message);
      assert.match(error.hint, hint);
      return true;
    });

  it('is taken in the format of OpenSSH', async () => {
    const file = await privateKeyIn(folder, 'client');
    assert.equal((await readPrivateKey(file)).toString(), sshFixture('client'));
  });

  it('is taken in PKCS#1', async () => {
    const text = String(rsa.export({ ...pem, type: 'pkcs1' }));
    assert.equal((await readPrivateKey(await written(text))).toString(), text);
  });

  const files: readonly (readonly [string, string, RegExp, RegExp])[] = [
    [
      'of RSA in PKCS#8',
      String(rsa.export({ ...pem, type: 'pkcs8' })),
      /: it is in the format PKCS#8/,
      /^`ssh-keygen -p -N '' -f \S+` writes it in the format of OpenSSH/,
    ],
    [
      'of ed25519 in PKCS#8, which ssh-keygen may not read either',
      String(generateKeyPairSync('ed25519').privateKey.export({ ...pem, type: 'pkcs8' })),
      /: it is in the format PKCS#8/,
      /^Make another one: `ssh-keygen -t ed25519 -N '' -f \S+-new`/,
    ],
    ['in PKCS#8 with a passphrase', String(rsa.export({ ...locked, type: 'pkcs8' })), /: it has a passphrase/, /^`ssh-keygen -p -N '' -f/],
    ['in PKCS#1 with a passphrase', String(rsa.export({ ...locked, type: 'pkcs1' })), /: it has a passphrase/, /^`ssh-keygen -p -N '' -f/],
    ['of OpenSSH with a passphrase', sshFixture('passphrase'), /: it has a passphrase/, /^`ssh-keygen -p -N '' -f/],
    ['that is the public half', sshFixture('client.pub'), /: it is a public key$/, /without `\.pub`/],
    ['that is none', 'hello', /: it cannot be read as a key \(Unsupported key format\)$/, /^Make another one/],
    ['that is empty', '', /: it cannot be read as a key/, /^Make another one/],
  ];
  for (const [what, text, message, hint] of files)
    it(`is refused ${what}, saying what to do`, async () => refused(await written(text), message, hint));

  it('is refused when it is not there', () => refused(join(folder, 'none'), /ENOENT/, /ssh-keygen -t ed25519 -N '' -f \S+none`/));
  it('is refused when it is a directory', () => refused(folder, /others may read it|EISDIR/, /./));

  it('is refused when it is our own and others may read it', async () => {
    const file = await privateKeyIn(folder, 'client');
    await chmod(file, 0o640);
    await refused(file, /others may read it \(mode 640\)$/, /^`chmod 0600 /);
  });

  it('is taken when somebody else who owns it lets us read it, as a mounted secret does', async () => {
    const file = await privateKeyIn(folder, 'client');
    await chmod(file, 0o640);
    assert.equal((await readPrivateKey(file, 4_294_967)).toString(), sshFixture('client'));
  });

  it('is refused when it is larger than any key', async () => refused(await written('x'.repeat(100_000)), /100000 bytes is no key$/, /./));
});
