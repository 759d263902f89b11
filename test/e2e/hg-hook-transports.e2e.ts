import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openHgAccount, type HgAccount } from './mercurial/account.ts';
import { hookFile, run } from './mercurial/hook-host.ts';
import { startHookReceiver, type HookReceiver } from './mercurial/hook-receiver.ts';
import { startHgServe, startHgWsgi } from './mercurial/hgweb.ts';
import { installMercurials, type Mercurial, type Mercurials } from './mercurial/install.ts';
import { startHgSsh } from './mercurial/ssh.ts';

const secret = 'the-secret-of-the-hg-host';

describe('who pushes, as the hook tells it', function () {
  this.timeout(300_000);
  let mercurials: Mercurials;
  let receiver: HookReceiver;
  let person: HgAccount;
  let clone: string;
  before(async function () {
    this.timeout(10 * 60_000); // the first time they are installed
    mercurials = await installMercurials();
  });
  beforeEach(async () => {
    receiver = await startHookReceiver(secret);
  });
  afterEach(async () => {
    await receiver.close();
    await person.close();
  });
  /** Of a server: the hook, for its one repository. */
  const rc = async (mercurial: Mercurial): Promise<string> => {
    person = await openHgAccount(mercurial);
    const secretFile = join(person.home, 'secret');
    await writeFile(secretFile, secret);
    const settings = [`url = ${receiver.url}`, `secret-file = ${secretFile}`, 'repo = https://hg.example.com/infra', 'timeout = 20'];
    return `[hooks]\ntxnclose.headgate = python:${hookFile}:txnclose\n[headgate]\n${settings.join('\n')}\n`;
  };
  const pushes = async (server: {
    readonly root: string;
    readonly account: HgAccount;
  }): Promise<(url: string, ...more: readonly string[]) => Promise<string>> => {
    clone = join(person.home, 'clone');
    await person.hg(person.home, ['init', join(server.root, 'infra')]);
    await person.hg(person.home, ['init', clone]);
    let count = 0;
    return async (url, ...more) => {
      await writeFile(join(clone, 'file'), `${++count}\n`);
      await person.hg(clone, ['commit', '--quiet', '--addremove', '--message', `${count}`]);
      const { code, said } = await run(person.mercurial.hg, [...more, 'push', url], clone, person.environment);
      assert.equal(code, 0, said);
      return said;
    };
  };
  const pusher = (): unknown => receiver.taken.at(-1)?.payload['pusher'];
  const account = (): unknown => receiver.taken.at(-1)?.hint.actors[0]?.account;

  for (const which of ['system', 'newest'] as const) {
    it(`is the login of the web server, with the ${which} Mercurial`, async () => {
      const name = 'zoe%41 b/c@example.com';
      const server = await startHgWsgi(mercurials[which], { rc: await rc(mercurials[which]), users: { [name]: 'password' } });
      try {
        const push = await pushes(server);
        const said = await push(`${server.url.replace('://', `://${encodeURIComponent(name)}:password@`)}/infra`);
        assert.match(said, /^remote: headgate: queued dlv_0$/m);
        assert.deepEqual([pusher(), account()], [{ name, via: 'REMOTE_USER' }, name]);
      } finally {
        await server.close();
      }
    });

    it(`is nobody without a login, with the ${which} Mercurial`, async () => {
      const server = await startHgServe(mercurials[which], { rc: await rc(mercurials[which]), environment: { HEADGATE_USER: 'nobody' } });
      try {
        const push = await pushes(server);
        assert.match(await push(`${server.url}/infra`), /^remote: headgate: queued dlv_0$/m);
        assert.deepEqual([pusher(), account()], [null, undefined]);
      } finally {
        await server.close();
      }
    });

    it(`is whom the forced command of an SSH key names, or else the key, with the ${which} Mercurial`, async () => {
      const server = await startHgSsh(mercurials[which], { rc: await rc(mercurials[which]), sshd: ['ExposeAuthInfo yes'] });
      try {
        const push = await pushes(server);
        const alice = await server.person('alice');
        const by = ['--config', `ui.ssh=${alice.command}`];
        assert.match(await push(`${server.url}/infra`, ...by), /^remote: headgate: queued dlv_0$/m);
        assert.deepEqual([pusher(), account()], [{ name: 'alice', via: 'HEADGATE_USER' }, 'alice']);
        const keys = join(server.sshd.directory, 'authorized_keys');
        await writeFile(keys, (await readFile(keys, 'utf8')).replace("HEADGATE_USER='alice' ", ''));
        await push(`${server.url}/infra`, ...by);
        const [, fingerprint] = execFileSync('ssh-keygen', ['-l', '-f', `${alice.keyFile}.pub`], { encoding: 'utf8' }).split(' ');
        assert.deepEqual([pusher(), account()], [{ name: fingerprint, via: 'SSH_USER_AUTH' }, fingerprint]);
      } finally {
        await server.close();
      }
    });
  }
});
