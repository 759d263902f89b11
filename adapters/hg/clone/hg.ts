import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { Slots } from '#core/slots.ts';
import { collectAnswer } from './collect-answer.ts';
import { CommandServer } from './command-server.ts';
import { mend } from './failure.ts';
import type { Variables } from '#adapters/tool-environment.ts';
import { hgEnvironment, localSettings } from './hg-environment.ts';
import { remoteSettings, type HgCredentials } from './remote.ts';
import { runHg, type HgResult } from './run-hg.ts';
import { again, ServerPool } from './server-pool.ts';
import { SettingsFiles } from './settings-files.ts';

export interface HgOptions {
  /** The program. */
  readonly hg: string;
  /** Base URL that is cloned from. */
  readonly url: string;
  readonly credentials: HgCredentials;
  /** For the clones and the settings of this source alone; made when it is missing. */
  readonly directory: string;
  readonly clock: Clock;
  /** PATH, proxies and certificate authorities; of other variables nothing reaches hg. */
  readonly environment?: Variables;
  /** Ends whatever runs. */
  readonly signal?: AbortSignal;
}

/** The program hg: to talk with the host, a few times at once, and to answer about clones, with nothing of the host's credentials. */
export class Hg {
  readonly #options: HgOptions;
  readonly #files: SettingsFiles;
  readonly #talking = new Slots(limits.hgClone.talks);
  readonly #talkers: ServerPool<CommandServer>;
  /** By path of a clone: what its talkers know of the host. */
  readonly #known = new Map<string, string>();
  #version: Promise<string> | undefined;

  constructor(options: HgOptions) {
    this.#options = options;
    this.#files = new SettingsFiles(options.directory);
    const { talks: total, idle } = limits.hgClone;
    this.#talkers = new ServerPool({
      start: (path) => this.#serve(path, this.#remote()),
      clock: options.clock,
      perRepository: 1,
      total,
      idle,
    });
  }

  get program(): string {
    return this.#options.hg;
  }

  /** Its version, `6.3`; rejects when it is too old. @throws HeadgateError TOOL_MISSING, and what runHg throws */
  usable(): Promise<string> {
    this.#version ??= this.#ask().catch((error: unknown) => {
      this.#version = undefined;
      throw error;
    });
    return this.#version;
  }

  /** Runs a command that knows how to reach the host. @param args with the command's own; what is of hg itself comes before it */
  talk(args: readonly string[]): Promise<HgResult> {
    return this.#talking.run(async () => this.#run(args, await this.#remote(), limits.hgClone.talkTimeout));
  }

  /**
   * The same from within the clone at `path`, by a command server that stays for the next time: starting hg takes longer than most of what it
   * says to the host. Where the host has closed the connection since the time before, a new command server is started and the command run once more.
   */
  async talkFrom(path: string, args: readonly string[]): Promise<HgResult> {
    const settings = this.#settings();
    if (this.#known.get(path) !== settings) this.#talkers.drop(path); // the password has been rotated
    this.#known.set(path, settings);
    const { code, stderr, output } = await again(() =>
      this.#talkers.use(path, (server) => collectAnswer(server, args, limits.hgClone.talkTimeout)),
    );
    return { code, stderr, stdout: output.toString('utf8') };
  }

  /** Ends what talks from a clone that goes. */
  drop(path: string): void {
    this.#known.delete(path);
    this.#talkers.drop(path);
  }

  /** Ends all that talk, for good. */
  close(): void {
    this.#talkers.close();
  }

  /** Runs a command on what lies here. */
  async local(args: readonly string[]): Promise<HgResult> {
    return this.#run(args, await this.#files.write('local.hgrc', localSettings), limits.hgClone.queryTimeout);
  }

  /** A command server of the repository that lies at a path. */
  serve(path: string): Promise<CommandServer> {
    return this.#serve(path, this.#files.write('local.hgrc', localSettings));
  }

  async #serve(path: string, rc: Promise<string>): Promise<CommandServer> {
    const { clock } = this.#options;
    const command = [this.program, '-R', path, 'serve', '--cmdserver', 'pipe'] as const;
    return CommandServer.start({ command: [...command], cwd: path, environment: await this.#environment(await rc), clock });
  }

  async #remote(): Promise<string> {
    return this.#files.write('remote.hgrc', this.#settings());
  }

  /** @throws HeadgateError SOURCE_REFUSED, CONFIG_INVALID: credentials that cannot be used */
  #settings(): string {
    return localSettings + remoteSettings(this.#options.url, this.#options.credentials);
  }

  async #run(args: readonly string[], rc: string, timeout: number): Promise<HgResult> {
    const { clock, directory, signal } = this.#options;
    const environment = await this.#environment(rc);
    return runHg(clock, { program: this.program, args, cwd: directory, environment, timeout, ...(signal && { signal }) });
  }

  async #environment(rc: string): Promise<Record<string, string>> {
    const home = join(this.#options.directory, 'home');
    await mkdir(home, { recursive: true, mode: 0o700 });
    return hgEnvironment(this.#options.environment ?? {}, home, rc);
  }

  async #ask(): Promise<string> {
    const { stdout } = await this.local(['version', '--quiet']);
    const [, major, minor] = /version (\d+)\.(\d+)/.exec(stdout) ?? [];
    const [least, leastMinor] = limits.hgClone.versionLeast;
    if (major === undefined || minor === undefined) throw new HeadgateError('TOOL_MISSING', `\`${this.program}\` is not Mercurial`, mend());
    if (Number(major) > least || (Number(major) === least && Number(minor) >= leastMinor)) return `${major}.${minor}`;
    throw new HeadgateError('TOOL_MISSING', `\`${this.program}\` is Mercurial ${major}.${minor}, which is too old`, mend());
  }
}
