import { createServer, type Server, type Socket } from 'node:net';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { messageOf } from '#core/errors.ts';

/** One run of a program that the test plays. */
export interface Call {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborts when the page ends the program, as Ctrl-C does. */
  readonly signal: AbortSignal;
}

/** Plays a program. @returns what it exits with */
export type Program = (call: Call) => Promise<number>;

/** Puts programs on a page's PATH that the test itself plays, so that a command costs no second start of Headgate. */
export class ProgramServer {
  readonly #programs: Readonly<Record<string, Program>>;
  readonly #server: Server;
  readonly #running = new Map<AbortController, Promise<void>>();

  constructor(programs: Readonly<Record<string, Program>>) {
    this.#programs = programs;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** Listens on a socket file and writes one launcher per program. @param directories program → where its launcher goes */
  async start(socket: string, directories: Readonly<Record<string, string>>): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#server.once('error', reject).listen(socket, resolve));
    const standIn = `${socket}.mjs`;
    await writeFile(standIn, stripTypeScriptTypes(await readFile(new URL('stand-in.ts', import.meta.url), 'utf8'))); // once, not at every command
    for (const [program, directory] of Object.entries(directories)) {
      await mkdir(directory, { recursive: true });
      const command = `exec '${process.execPath}' '${standIn}' '${socket}' ${program} "$@"`;
      await writeFile(join(directory, program), `#!/bin/sh\n${command}\n`);
      await chmod(join(directory, program), 0o755);
    }
  }

  /** Ends the programs that run, as Ctrl-C does, and waits until they have ended. */
  async interrupt(): Promise<void> {
    for (const stop of this.#running.keys()) stop.abort();
    await Promise.all(this.#running.values());
  }

  async stop(): Promise<void> {
    await this.interrupt();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    let text = '';
    socket.setEncoding('utf8').on('error', () => socket.destroy());
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      const stop = new AbortController();
      const { program, ...call } = JSON.parse(text) as Call & { readonly program: string };
      const running = this.#run(socket, program, { ...call, signal: stop.signal }).finally(() => this.#running.delete(stop));
      this.#running.set(stop, running);
    });
  }

  async #run(socket: Socket, program: string, call: Omit<Call, 'stdout' | 'stderr'>): Promise<void> {
    const send = (message: object): void => void socket.write(`${JSON.stringify(message)}\n`);
    const sink = (fd: 1 | 2): Writable =>
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          send({ fd, text: chunk.toString() });
          done();
        },
      });
    try {
      const play = this.#programs[program] ?? (() => Promise.resolve(127));
      send({ code: await play({ ...call, stdout: sink(1), stderr: sink(2) }) });
    } catch (error) {
      send({ fd: 2, text: `${program} (played by the test): ${messageOf(error)}\n`, code: 125 });
    }
    await new Promise<void>((resolve) => socket.end(resolve));
  }
}
