import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { firstLine } from './find-hg.ts';
import { hgEnvironment, type HgProgram } from './run-hg.ts';

export interface HgServe {
  /** `http://127.0.0.1:40000` */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** `hg serve` over all repositories that a file names, on a loopback port of its own. @throws Error when it does not come up in time */
export async function startHgServe(hg: HgProgram, clock: Clock, webConf: string): Promise<HgServe> {
  const args = ['serve', '--address', '127.0.0.1', '--port', '0', '--web-conf', webConf];
  const child = spawn('hg', args, { cwd: hg.home, env: hgEnvironment(hg), stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = Promise.withResolvers<void>();
  child.once('close', () => ended.resolve());
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended.promise;
  };
  try {
    return { url: await addressOf(child, clock), stop };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** `listening at http://localhost:40000/ (bound to 127.0.0.1:40000)` */
async function addressOf(child: ChildProcess, clock: Clock): Promise<string> {
  const stop = new AbortController();
  const cancel = clock.after(limits.sandbox.hgTimeout, () => stop.abort(new Error('hg serve did not come up')));
  let said = '';
  const found = Promise.withResolvers<string>();
  const hear = (text: string): void => {
    said = (said + text).slice(0, 4_096);
    const [, port] = /bound to 127\.0\.0\.1:(\d+)/.exec(said) ?? [];
    if (port !== undefined) found.resolve(`http://127.0.0.1:${port}`);
  };
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', hear);
  child.once('error', (error) => found.reject(error));
  child.once('close', () => found.reject(new Error(`hg serve ended: ${firstLine(said)}`)));
  try {
    return await Promise.race([found.promise, once(stop.signal, 'abort').then(() => Promise.reject(stop.signal.reason as Error))]);
  } finally {
    cancel();
    child.stdout?.resume();
    child.stderr?.resume();
  }
}
