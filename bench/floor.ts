import { join } from 'node:path';
import { startComponent, untilReady } from '../test/e2e/cluster/component.ts';
import { freePorts } from '../test/e2e/cluster/free-ports.ts';

/** A receiver that keeps nothing, on one core: how fast this machine could be at most. */
export interface Floor {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startFloor(options: { readonly core: number; readonly secret: string; readonly directory: string }): Promise<Floor> {
  const { port } = await freePorts('port');
  const server = join(import.meta.dirname, 'floor-server.ts');
  const args = ['-c', String(options.core), process.execPath, server, String(port), options.secret];
  const component = await startComponent({ name: 'floor', command: 'taskset', args, log: join(options.directory, 'floor.log') });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(component, async () => {
    await fetch(url);
  });
  return { url, stop: () => component.stop() };
}
