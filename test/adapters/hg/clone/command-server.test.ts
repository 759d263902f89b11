import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandServer, type CommandResult } from '#adapters/hg/clone/command-server.ts';
import { systemClock } from '#core/clock.ts';

const script = join(import.meta.dirname, 'scripted-server.mjs');

describe('a command server', function () {
  this.timeout(30_000);
  const servers: CommandServer[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.kill();
  });

  const start = async (mode: string): Promise<CommandServer> => {
    const command = [process.execPath, script, mode] as const;
    const server = await CommandServer.start({ command: [...command], cwd: tmpdir(), environment: {}, clock: systemClock });
    servers.push(server);
    return server;
  };
  const ask = async (server: CommandServer, args: string[], timeout = 30_000): Promise<CommandResult & { readonly output: string }> => {
    let output = '';
    const hearer = {
      output(data: Buffer): boolean {
        output += data.toString('utf8');
        return true;
      },
    };
    return { ...(await server.run(args, hearer, timeout)), output };
  };

  it('runs one command after the other, and tells what each said and how it ended', async () => {
    const server = await start('answers');
    assert.deepEqual(await ask(server, ['log', 'ü']), { output: 'log|ü', code: 2, stderr: 'a warning\n' });
    assert.deepEqual(await ask(server, ['heads']), { output: 'heads', code: 1, stderr: 'a warning\n' });
    assert.equal(server.alive, true);
  });

  it('is told that there is no input when it asks for some', async () => {
    assert.equal((await ask(await start('asks'), ['commit'])).output, 'commit');
  });

  it('goes on after whoever listens wanted a pause', async () => {
    const server = await start('answers');
    let resumed = 0;
    const hearer = {
      output(): boolean {
        resumed += 1;
        setImmediate(() => server.resume());
        return false;
      },
    };
    assert.equal((await server.run(['one'], hearer, 30_000)).code, 1);
    assert.equal((await ask(server, ['two'])).output, 'two');
    assert.equal(resumed, 1);
  });

  it('is ended when it does not answer in time', async () => {
    const server = await start('hangs');
    await assert.rejects(ask(server, ['log'], 50), { why: 'deadline' });
    assert.equal(server.alive, false);
    await assert.rejects(ask(server, ['log']), { why: 'died' });
  });

  it('tells that it has died in the midst of a command', async () => {
    const server = await start('dies');
    let told = 0;
    server.onEnd(() => (told += 1));
    await assert.rejects(ask(server, ['log']), { why: 'died' });
    assert.equal(told, 1);
  });

  it('is ended when it says what nobody understands', async () => {
    const server = await start('shouts');
    await assert.rejects(ask(server, ['log']), { why: 'protocol', stderr: /channel "X"/ });
    assert.equal(server.alive, false);
  });

  it('does not start without a greeting, or in another encoding', async () => {
    await assert.rejects(start('stranger'), { why: 'protocol' });
    await assert.rejects(start('ascii'), { why: 'protocol', stderr: /UTF-8/ });
  });

  it('does not start where there is no such program', async () => {
    const command = ['/nowhere/hg'] as const;
    await assert.rejects(CommandServer.start({ command: [...command], cwd: '/', environment: {}, clock: systemClock }), { code: 'ENOENT' });
  });
});
