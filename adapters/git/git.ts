import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { Slots } from '#core/slots.ts';
import type { Variables } from '#adapters/tool-environment.ts';
import { gitEnvironment } from './environment.ts';
import { runGit, type GitResult } from './git-process.ts';
import type { Remote } from './remote.ts';

export interface GitOptions {
  readonly clock: Clock;
  readonly environment?: Variables;
  readonly signal?: AbortSignal;
}

/** The git binary, so many times at once: to ask servers, and to work on mirrors. */
export class Git {
  readonly #options: GitOptions;
  readonly #listing = new Slots(limits.git.processes);
  readonly #mirrors = new Slots(limits.git.processes);

  constructor(options: GitOptions) {
    this.#options = options;
  }

  /** Asks a server, without any repository here. */
  list(remote: Remote, args: readonly string[]): Promise<GitResult> {
    const environment = { ...remote.environment, GIT_DIR: '/dev/null' };
    return this.#listing.run(() => this.#run({ args, environment, timeout: limits.git.listTimeout }, this.#signals()));
  }

  /** Lets a mirror speak with its server. */
  fetch(remote: Remote, mirror: string, args: readonly string[], signal?: AbortSignal): Promise<GitResult> {
    const call = { args: [`--git-dir=${mirror}`, ...args], environment: remote.environment, timeout: limits.git.fetchTimeout };
    return this.#mirrors.run(() => this.#run(call, this.#signals(signal)));
  }

  /** Asks a mirror; no network is within reach. */
  local(
    mirror: string,
    args: readonly string[],
    more: { readonly input?: string; readonly outputBytes?: number } = {},
  ): Promise<GitResult> {
    const environment = gitEnvironment(this.#options.environment ?? {}, []);
    const call = { args: [`--git-dir=${mirror}`, ...args], environment, timeout: limits.git.localTimeout, ...more };
    return this.#mirrors.run(() => this.#run(call, this.#signals()));
  }

  #run(call: Omit<Parameters<typeof runGit>[1], 'signal'>, signal: AbortSignal | undefined): Promise<GitResult> {
    return runGit(this.#options.clock, { ...call, ...(signal && { signal }) });
  }

  #signals(signal?: AbortSignal): AbortSignal | undefined {
    const both = [this.#options.signal, signal].filter((each) => each !== undefined);
    return both.length > 1 ? AbortSignal.any(both) : both[0];
  }
}
