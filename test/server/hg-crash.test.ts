import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { HgFlowWorld, reconcileOf, type Served } from './hg-flow-world.ts';

const entry = join(import.meta.dirname, '..', '..', 'cli', 'headgate.ts');
const Ready = z.object({ msg: z.literal('ready'), webhook: z.url(), web: z.url() });

/** A server in a process of its own, that can be killed. */
async function startProcess(configPath: string): Promise<{ readonly served: Served; readonly process: ChildProcess }> {
  const args = ['--disable-warning=ExperimentalWarning', entry, 'serve', '--config', configPath];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    const ready = Ready.safeParse(line.startsWith('{') ? JSON.parse(line) : null);
    if (!ready.success) continue;
    child.stderr.resume();
    return { served: { webhook: { url: ready.data.webhook }, web: { url: ready.data.web }, close }, process: child };
  }
  return assert.fail(`it did not start:\n${said.join('\n')}`);
}

describe('a server that is killed when it has published, before it asks Flux', function () {
  this.timeout(180_000);
  let world: HgFlowWorld;
  afterEach(() => world.stop());

  it('asks Flux when it is back, and publishes no other bytes', async () => {
    world = await HgFlowWorld.start();
    await world.server.close();
    const { served, process: victim } = await startProcess(world.configPath);
    await world.serve(() => Promise.resolve(served));
    const ended = once(victim, 'exit');
    world.registry.fault = ({ method, path }) => {
      if (method === 'PUT' && path.endsWith('/manifests/default')) victim.kill('SIGKILL');
      return undefined;
    };
    const [node = ''] = await world.push('second');
    await ended;
    world.registry.fault = undefined;
    const published = world.published();
    assert.equal(published?.revision, `default@sha1:${node}`);
    assert.equal(world.text(), 'first');

    const { served: again } = await startProcess(world.configPath);
    await world.serve(() => Promise.resolve(again));
    const { outcome, published: recorded } = reconcileOf(await world.ended(node));
    assert.deepEqual([outcome, recorded?.digest, world.published()], ['applied', published?.digest, published]);
    await world.applied(node);
    assert.equal(world.text(), 'second');
  });
});
