import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { Slots } from '#core/slots.ts';
import { CommandServer } from './command-server.ts';
import { mend } from './failure.ts';
import type { Variables } from '#adapters/tool-environment.ts';
import { hgEnvironment, localSettings } from './hg-environment.ts';
import { remoteSettings, type HgCredentials } from './remote.ts';
import { runHg, type HgResult } from './run-hg.ts';
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
  #version: Promise<string> | undefined;

  constructor(options: HgOptions) {
    this.#options = options;
    this.#files = new SettingsFiles(options.directory);
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
    return this.#talking.run(async () => {
      const text = localSettings + remoteSettings(this.#options.url, this.#options.credentials);
      return this.#run(args, await this.#files.write('remote.hgrc', text), limits.hgClone.talkTimeout);
    });
  }

  /** Runs a command on what lies here. */
  async local(args: readonly string[]): Promise<HgResult> {
    return this.#run(args, await this.#files.write('local.hgrc', localSettings), limits.hgClone.queryTimeout);
  }

  /** A command server of the repository that lies at a path. */
  async serve(path: string): Promise<CommandServer> {
    const rc = await this.#files.write('local.hgrc', localSettings);
    const { clock } = this.#options;
    const command = [this.program, '-R', path, 'serve', '--cmdserver', 'pipe'] as const;
    return CommandServer.start({ command: [...command], cwd: path, environment: await this.#environment(rc), clock });
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
