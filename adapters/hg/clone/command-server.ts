import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { killGroup } from '#adapters/kill-group.ts';
import { FrameParser, commandRequest, noInput, type Frame } from './frame-parser.ts';
import { HgEnded } from './hg-ended.ts';

export interface CommandServerOptions {
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** Where it runs: paths are relative to it. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** Whoever listens to one command. */
export interface Hearer {
  /** A piece of its output. @returns whether more may come at once; false until `resume` is called */
  output(data: Buffer): boolean;
}

export interface CommandResult {
  readonly code: number;
  /** The last of what it complained about. */
  readonly stderr: string;
}

interface Conversation {
  readonly hearer: Hearer;
  readonly resolve: (result: CommandResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A running `hg serve --cmdserver pipe`: one command at a time, each with a deadline that ends the process. It reads the repository anew for each
 * command. Once dead it stays dead.
 */
export class CommandServer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #clock: Clock;
  readonly #parser = new FrameParser();
  #conversation: Conversation | undefined;
  #hello = '';
  #greeted = false;
  #stderr = '';
  #alive = true;
  #onEnd: () => void = () => {};

  private constructor(child: ChildProcessWithoutNullStreams, clock: Clock) {
    this.#child = child;
    this.#clock = clock;
    child.stdout.on('data', (chunk: Buffer) => this.#hear(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#complain(text));
    child.stdin.on('error', () => {}); // its end tells
    child.on('error', (error) => this.#end(error));
    child.on('close', () => this.#end(new HgEnded('died', this.#stderr)));
  }

  /** Resolves once it has said what it is. @throws HgEnded, and the error of spawn */
  static async start({ command: [program, ...args], cwd, environment, clock }: CommandServerOptions): Promise<CommandServer> {
    const child = spawn(program, args, { cwd, env: environment, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const server = new CommandServer(child, clock);
    await server.#converse({ output: () => true }, limits.hgClone.startTimeout);
    return server;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Told once, when it has ended. */
  onEnd(told: () => void): void {
    if (this.#alive) this.#onEnd = told;
    else told();
  }

  /** Runs a command. @param timeout milliseconds @throws HgEnded */
  async run(args: readonly string[], hearer: Hearer, timeout: number): Promise<CommandResult> {
    if (this.#conversation) throw new Error('a command server runs one command at a time');
    const request = commandRequest(args);
    this.#stderr = '';
    const answer = this.#converse(hearer, timeout);
    this.#child.stdin.write(request);
    return answer;
  }

  /** Whoever listens has room again. */
  resume(): void {
    this.#child.stdout.resume();
  }

  /** Ends it, and with it what it runs. */
  kill(why: HgEnded['why'] = 'signal'): void {
    this.#end(new HgEnded(why, this.#stderr));
  }

  #converse(hearer: Hearer, timeout: number): Promise<CommandResult> {
    const answer = new Promise<CommandResult>((resolve, reject) => {
      if (this.#alive) this.#conversation = { hearer, resolve, reject };
      else reject(new HgEnded('died', this.#stderr));
    });
    const cancel = this.#clock.after(timeout, () => this.kill('deadline'));
    return answer.finally(cancel);
  }

  #hear(chunk: Buffer): void {
    try {
      for (const frame of this.#parser.push(chunk)) this.#take(frame);
    } catch (error) {
      this.#end(new HgEnded('protocol', error instanceof Error ? error.message : String(error)));
    }
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case 'input':
        return void this.#child.stdin.write(noInput);
      case 'error':
        return this.#complain(frame.data.toString('utf8'));
      case 'result':
        return this.#finish(frame.code);
      case 'output':
        if (!this.#greeted) return this.#greet(frame.data, frame.last);
        if (this.#conversation?.hearer.output(frame.data) === false) this.#child.stdout.pause();
    }
  }

  /** `capabilities: getencoding runcommand`, `encoding: UTF-8`, … in one frame. */
  #greet(data: Buffer, last: boolean): void {
    this.#hello += data.toString('utf8');
    if (this.#hello.length > limits.hgClone.complaintChars) throw new Error('what answers is no command server');
    if (!last) return;
    if (!/^capabilities:.*\bruncommand\b/m.test(this.#hello)) throw new Error('what answers is no command server');
    if (!/^encoding: UTF-8$/m.test(this.#hello)) throw new Error('its encoding is not UTF-8');
    this.#greeted = true;
    this.#finish(0);
  }

  #finish(code: number): void {
    const conversation = this.#conversation;
    this.#conversation = undefined;
    this.#child.stdout.resume(); // whoever listened may have asked for a pause with the last piece
    conversation?.resolve({ code, stderr: this.#stderr });
  }

  #complain(text: string): void {
    this.#stderr = (this.#stderr + text).slice(-limits.hgClone.complaintChars);
  }

  #end(error: Error): void {
    if (!this.#alive) return;
    this.#alive = false;
    // Its id may be that of another process by now; one that has only been stopped ends as well.
    if (this.#child.exitCode === null && this.#child.signalCode === null) killGroup(this.#child, 'SIGKILL');
    this.#child.stdout.destroy();
    const conversation = this.#conversation;
    this.#conversation = undefined;
    conversation?.reject(error);
    this.#onEnd();
  }
}
