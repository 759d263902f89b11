import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a key is made with: names of `gpg --quick-generate-key` or types of `ssh-keygen -t`. */
export interface GpgKeyOptions {
  readonly algorithm: string;
  /** What the primary key may do; a subkey that signs is added to one that may only certify. */
  readonly usage: 'sign' | 'cert';
  /** `none`, or how long it lasts: `2d`. */
  readonly expires?: string;
}

export interface SignedBy {
  readonly format: 'openpgp' | 'ssh';
  /** Fingerprint for gpg, path of the private key for ssh-keygen. */
  readonly key: string;
}

/**
 * A folder with a git repository and keys, in which real git, gpg and ssh-keygen sign. Wall clocks of all of them stand at `now`.
 */
export class SigningFolder implements AsyncDisposable {
  readonly path: string;
  /** Seconds since the epoch: what git and gpg take for the time. */
  now: number;

  private constructor(path: string, now: number) {
    this.path = path;
    this.now = now;
  }

  static async make(now: number): Promise<SigningFolder> {
    const folder = new SigningFolder(await mkdtemp(join(tmpdir(), 'headgate-signing-')), now);
    await mkdir(folder.#gpgHome, { mode: 0o700 });
    await folder.git('init', '--quiet', '--initial-branch=main', '.');
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('gpgconf', ['--homedir', this.#gpgHome, '--kill', 'all']).catch(() => {}); // none was started
    await rm(this.path, { recursive: true, force: true });
  }

  get #gpgHome(): string {
    return join(this.path, 'gnupg');
  }

  get repository(): string {
    return join(this.path, '.git');
  }

  /** What gpg does from now on: lines of gpg.conf. */
  async gpgOptions(...lines: readonly string[]): Promise<void> {
    await writeFile(join(this.#gpgHome, 'gpg.conf'), lines.map((line) => `${line}\n`).join(''));
  }

  /** Makes an OpenPGP key. @returns the fingerprint of its primary key */
  async gpgKey(name: string, { algorithm, usage, expires = 'none' }: GpgKeyOptions): Promise<string> {
    const user = `${name} <${name}@example.com>`;
    await this.gpg('--quick-generate-key', user, algorithm, usage, expires);
    const listed = await this.gpg('--with-colons', '--list-keys', user);
    const fingerprint = /^fpr:+([0-9A-F]+):$/m.exec(listed)?.[1] ?? '';
    if (usage === 'cert') await this.gpg('--quick-add-key', fingerprint, algorithm, 'sign', expires);
    return fingerprint;
  }

  /** Makes an SSH key. @returns the path of the private key; the public one has `.pub` behind it */
  async sshKey(name: string, type: string, bits?: number): Promise<string> {
    const path = join(this.path, name);
    await run('ssh-keygen', ['-q', '-t', type, ...(bits === undefined ? [] : ['-b', String(bits)]), '-N', '', '-C', name, '-f', path]);
    return path;
  }

  async gpg(...args: readonly string[]): Promise<string> {
    const fixed = [
      '--homedir',
      this.#gpgHome,
      '--batch',
      '--yes',
      '--no-tty',
      '--quiet',
      '--passphrase',
      '',
      '--pinentry-mode',
      'loopback',
    ];
    return (await run('gpg', [...fixed, '--faked-system-time', `${this.now}!`, ...args])).stdout;
  }

  async git(...args: readonly string[]): Promise<string> {
    const date = `${this.now} +0000`;
    const identity = {
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@example.com',
      GIT_COMMITTER_NAME: 'C',
      GIT_COMMITTER_EMAIL: 'c@example.com',
    };
    const env = {
      PATH: process.env['PATH'],
      ...identity,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      HOME: this.path,
    };
    return (await run('git', ['-C', this.path, ...args], { env, encoding: 'latin1', maxBuffer: 64 * 1024 * 1024 })).stdout;
  }

  /** git with the settings that make it sign. */
  async gitSigning({ format, key }: SignedBy, ...args: readonly string[]): Promise<string> {
    const settings = [`gpg.format=${format}`, `user.signingKey=${key}`, `gpg.program=${await this.#gpgProgram()}`];
    return this.git(...settings.flatMap((setting) => ['-c', setting]), ...args);
  }

  /** Makes a signed commit. @returns its id */
  async commit(by: SignedBy, message: string, ...options: readonly string[]): Promise<string> {
    await this.gitSigning(by, 'commit', '--quiet', '--allow-empty', '-S', ...options, '-m', message);
    return (await this.git('rev-parse', 'HEAD')).trim();
  }

  /** Makes a signed tag of the head. @returns the id of the tag object */
  async tag(by: SignedBy, name: string, message: string): Promise<string> {
    await this.gitSigning(by, 'tag', '-s', '-m', message, name);
    return (await this.git('rev-parse', `refs/tags/${name}`)).trim();
  }

  /** git calls gpg by itself: this one has the folder's keys and clock. */
  async #gpgProgram(): Promise<string> {
    const path = join(this.path, 'gpg-at-that-time');
    await writeFile(path, `#!/bin/sh\nexec gpg --homedir '${this.#gpgHome}' --batch --faked-system-time '${this.now}!' "$@"\n`);
    await chmod(path, 0o700);
    return path;
  }
}
