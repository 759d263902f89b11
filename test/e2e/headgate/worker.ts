import { join } from 'node:path';
import { startComponent, untilReady, type Component } from '../cluster/component.ts';
import { freePorts } from '../cluster/free-ports.ts';

const launcher = join(import.meta.dirname, '..', '..', '..', 'bin', 'headgate');

/**
 * A real `headgate worker` by the config of a server's directory; resolves when `/readyz` answers 200.
 * @param name what its log is called
 */
export async function startWorker(directory: string, name: string, env: Readonly<Record<string, string>>): Promise<Component> {
  const ports = await freePorts('health', 'metrics');
  const at = ['--health', `127.0.0.1:${ports.health}`, '--metrics', `127.0.0.1:${ports.metrics}`];
  const args = ['worker', '--config', join(directory, 'headgate.yaml'), ...at];
  const worker = await startComponent({ name, command: launcher, args, log: join(directory, `${name}.log`), cwd: directory, env });
  const ready = async (): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${ports.health}/readyz`);
    if (!answer.ok) throw new Error(`${name} is not ready: ${answer.status}`);
  };
  await untilReady(worker, ready, 180_000);
  return worker;
}
