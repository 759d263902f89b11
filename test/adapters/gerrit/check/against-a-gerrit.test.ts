import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGerritCheck } from '#adapters/gerrit/check/check-source.ts';
import { createGerritClient } from '#adapters/gerrit/rest/client.ts';
import { createGerritRights } from '#adapters/gerrit/rights/source-rights.ts';
import { GerritSource } from '#adapters/gerrit/schema.ts';
import { systemClock } from '#core/clock.ts';
import type { Finding } from '#core/finding.ts';
import { newSshKey } from '#sandbox/gerrit/ssh/openssh-key.ts';
import { gerritWorld, type GerritWorld } from '../../../sandbox/gerrit/gerrit-world.ts';

const project = 'demo/app';
const ref = 'refs/heads/main';

describe('a Gerrit that runs', function () {
  this.timeout(60_000);
  let world: GerritWorld;

  beforeEach(async () => {
    world = await gerritWorld();
    await write('key', world.botKey);
    await write('known_hosts', world.gerrit.ssh.knownHosts);
  });
  afterEach(() => world.stop());

  const path = (file: string): string => join(world.directory, file);
  const write = (file: string, text: string): Promise<void> => writeFile(path(file), text, { mode: 0o600 });
  const source = (user = 'bot', port = world.gerrit.ssh.port): GerritSource =>
    GerritSource.parse({
      name: 'review',
      type: 'gerrit',
      url: world.gerrit.http.url,
      http: { user: 'bot', token: { env: 'TOKEN' } },
      ssh: { user, port, key: { file: path('key') }, knownHosts: { file: path('known_hosts') } },
    });
  const client = (token = world.gerrit.account('bot').password) =>
    createGerritClient({
      source: 'review',
      url: world.gerrit.http.url,
      user: 'bot',
      token: () => Buffer.from(token),
      clock: systemClock,
      env: {},
    });
  const check = (configured = source(), api = client()): Promise<readonly Finding[]> =>
    createGerritCheck({ source: configured, by: 'api', secret: () => Buffer.from('x'), clock: systemClock, client: api })({
      repositories: [project],
      refs: [{ repository: project, ref }],
      lastReceivedAt: undefined,
    });
  const stream = async (...args: Parameters<typeof check>): Promise<Finding> => {
    const [found, ...more] = (await check(...args)).filter(({ code }) => code === 'SOURCE_STREAM');
    assert.ok(found);
    assert.deepEqual(more, []);
    return found;
  };

  it('is found well, over SSH and by REST, and keeps no connection', async () => {
    const found = await check();
    const lines = found.filter(({ severity }) => severity !== 'good').map(({ code, message }) => `${code} ${message}`);
    assert.deepEqual(lines, [`SOURCE_RIGHT may not read refs/meta/config of ${project}`]);
    assert.equal((await stream()).message, `may listen as bot at 127.0.0.1:${world.gerrit.ssh.port}: gerrit version 3.14.2`);
    // The server hears of the end a moment later.
    while (world.gerrit.ssh.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('says that the token is refused, and that SSH works all the same', async () => {
    const found = await check(source(), client('nonsense'));
    assert.deepEqual(
      found.filter(({ severity }) => severity === 'bad').map(({ code }) => code),
      ['SOURCE_CREDENTIAL'],
    );
    assert.equal(found.find(({ code }) => code === 'SOURCE_STREAM')?.severity, 'good');
  });

  it('says that it does not know the key, or the user', async () => {
    await write('key', newSshKey().privateKey);
    const { severity, message, mend } = await stream();
    assert.equal(severity, 'bad');
    assert.match(message, /^wrong key: .*does not let bot in/);
    assert.match(String(mend), /Gerrit does not know the key/);
    assert.match((await stream(source('nobody'))).message, /^wrong key: .*nobody/);
  });

  it('says that it shows another host key, and sends it nothing', async () => {
    await write('known_hosts', `[127.0.0.1]:${world.gerrit.ssh.port} ${newSshKey().publicKey}\n`);
    const { message, mend } = await stream();
    assert.match(message, /^another host key: /);
    assert.match(String(mend), /host key has changed/);
  });

  it('says that an account may not listen', async () => {
    const { message, mend } = await stream(source('dev'));
    assert.match(message, /^not permitted: .*Stream Events/);
    assert.match(String(mend), /does not let Headgate listen/);
  });

  it('says which file of ours cannot be used, and that nobody answers', async () => {
    await write('known_hosts', '');
    assert.match((await stream()).message, /known_hosts .* has no key of/);
    await write('key', 'no key');
    assert.match((await stream()).message, /^the SSH key /);
    await write('key', world.botKey);
    const { port } = world.gerrit.ssh;
    await write('known_hosts', world.gerrit.ssh.knownHosts);
    await world.gerrit.ssh.stop();
    assert.match((await stream(source('bot', port))).message, /^no connection: /);
  });

  it('lets submit whom its rules are found to let, and nobody else', async () => {
    const { gerrit } = world;
    const releasers = gerrit.createGroup({ name: 'releasers', members: ['rev'], visibleToAll: true }).uuid;
    const everybody = 'global:Registered-Users';
    const read = { read: { rules: { [everybody]: {} } } };
    await gerrit.setAccess('All-Projects', {
      ...gerrit.project('All-Projects').access,
      'refs/meta/config': { permissions: read },
    });
    const locals = [
      {},
      { 'refs/heads/*': { permissions: { submit: { rules: { [releasers]: {} } } } } },
      { 'refs/heads/*': { permissions: { submit: { rules: { [everybody]: {} } } } } },
      {
        'refs/heads/*': { permissions: { submit: { rules: { [everybody]: {} } } } },
        [ref]: { permissions: { submit: { exclusive: true, rules: { [releasers]: {} } } } },
      },
      { 'refs/*': { permissions: { submit: { rules: { [everybody]: { action: 'BLOCK' as const } } } } } },
    ];
    const seen: string[] = [];
    for (const [index, local] of locals.entries()) {
      await gerrit.setAccess(project, { 'refs/meta/config': { permissions: read }, ...local });
      const rights = await createGerritRights({ client: client(), clock: systemClock }).rights({
        refs: [{ repository: project, ref }],
        accounts: ['dev', 'rev'],
      });
      for (const { name, submit } of rights) {
        const change = await gerrit.createChange({ project, by: 'dev', files: { [`${name}${index}`]: '1' }, subject: `${index} ${name}` });
        await gerrit.vote(change, { by: 'admin', value: 2 });
        const may = await gerrit.submit(change, name).then(
          () => 'yes',
          () => 'no',
        );
        // Administrators may submit, and who that is the account does not see.
        const isKnown = submit.answer !== 'unknown';
        assert.equal(isKnown ? submit.answer : 'no', may, `${index} ${name}: ${submit.why}`);
        seen.push(submit.answer);
      }
    }
    assert.deepEqual(new Set(seen), new Set(['yes', 'no', 'unknown']));
  });
});
