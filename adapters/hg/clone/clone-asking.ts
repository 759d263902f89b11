import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { isBroken, wasBroken, type Clones } from './clones.ts';
import type { CommandServer } from './command-server.ts';
import { collectAnswer, type Answer } from './collect-answer.ts';
import { endOf, failureOf } from './failure.ts';
import type { Hg } from './hg.ts';
import { HgEnded } from './hg-ended.ts';
import { again, type ServerPool } from './server-pool.ts';
import { streamOf } from './output-stream.ts';

/** Asks the clones, by whichever command server is free. */
export class CloneAsking {
  readonly #hg: Hg;
  readonly #clones: Clones;
  readonly #pool: ServerPool<CommandServer>;

  constructor(hg: Hg, clones: Clones, pool: ServerPool<CommandServer>) {
    this.#hg = hg;
    this.#clones = clones;
    this.#pool = pool;
  }

  /** Runs a task with whatever goes wrong put into words. */
  async guarded<T>(repository: string, task: () => Promise<T>): Promise<T> {
    try {
      await this.#hg.usable();
      return await task();
    } catch (error) {
      throw endOf(repository, this.#hg.program, error);
    }
  }

  /**
   * @param codes exit codes that say something; default 0 alone
   * @param none complaint that means that there is nothing
   * @throws HeadgateError SOURCE_UNREACHABLE for others, HgEnded
   */
  async ask(repository: string, args: readonly string[], codes: readonly number[] = [0], none?: RegExp): Promise<Answer> {
    const path = this.#clones.pathOf(repository);
    const answer = await again(() => this.#pool.use(path, (server) => collectAnswer(server, args, limits.hgClone.queryTimeout)));
    if (none?.test(answer.stderr)) return { ...answer, output: Buffer.alloc(0) };
    if (!codes.includes(answer.code)) await this.#failed(repository, answer.stderr);
    return answer;
  }

  /** The output of a command as it comes, once there is some. @throws HeadgateError also CONTENT_TOO_LARGE, then or while it is read */
  async stream(repository: string, args: readonly string[]): Promise<AsyncIterable<Uint8Array> | undefined> {
    const path = this.#clones.pathOf(repository);
    const asked = await again(() => streamOf(this.#pool, path, repository, args));
    if ('output' in asked) return asked.output;
    if (/no files match/.test(asked.stderr)) return undefined;
    return this.#failed(repository, asked.stderr);
  }

  async #failed(repository: string, stderr: string): Promise<never> {
    if (!isBroken(stderr)) throw failureOf(repository, stderr);
    await this.#clones.discard(repository);
    return wasBroken(repository, stderr);
  }
}

/** The same, where too much of an answer is too much content. */
export async function bounded<T>(about: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof HgEnded) || error.why !== 'output') throw error;
    throw new HeadgateError('CONTENT_TOO_LARGE', `${about}: more than ${limits.hgClone.outputBytes} bytes`);
  }
}
