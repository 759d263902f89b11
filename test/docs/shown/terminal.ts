import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';

/** A command that stays in the foreground. */
export interface Foreground {
  /** What it has written so far. */
  output(): string;
  /** Resolves at its next output, or its end. */
  news(): Promise<void>;
  /** What it exited with. */
  readonly ended: Promise<number>;
}

/** Runs commands one after another as a reader does in one terminal: directory and variables stay. */
export class Terminal {
  readonly #state: string;
  readonly #env: Readonly<Record<string, string>>;

  /** @param state file that keeps directory and variables between two commands */
  constructor(state: string, directory: string, env: Readonly<Record<string, string>>) {
    this.#state = state;
    this.#env = env;
    writeFileSync(state, `cd '${directory}'\n`);
  }

  /** Runs one command to its end. @returns what the screen shows, both streams together */
  async run(command: string): Promise<{ readonly code: number; readonly output: string }> {
    const keep = `code=$?; { export -p; echo "cd '$PWD'"; } > '${this.#state}'; exit $code`;
    const running = this.#start(`${command}\n${keep}`);
    const code = await running.ended;
    return { code, output: running.output() };
  }

  /** Starts a command that goes on; the page ends it. */
  start(command: string): Foreground {
    return this.#start(command);
  }

  #start(script: string): Foreground {
    const text = `. '${this.#state}'\nset -a\n{ ${script}\n} 2>&1 < /dev/null`;
    const child = spawn('/bin/sh', ['-c', text], { env: this.#env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : 1));
    return {
      output: () => output,
      news: () => Promise.race([once(child.stdout, 'data'), ended]).then(() => undefined),
      ended,
    };
  }
}
