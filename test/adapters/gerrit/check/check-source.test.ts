import assert from 'node:assert/strict';
import { createGerritCheck, type GerritCheckOptions } from '#adapters/gerrit/check/check-source.ts';
import { GerritSource } from '#adapters/gerrit/schema.ts';
import { systemClock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import type { Finding } from '#core/finding.ts';
import type { SourceCheckQuestion } from '#core/ports/source-adapter.ts';
import { RestWorld } from '../rest-world.ts';

const main = { repository: 'demo/app2', ref: 'refs/heads/main' };
const remotes = (project: string): string => `/config/server/webhooks~projects/${project}/remotes/`;
const shown = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ code, severity, message }) => `${severity} ${code} ${message}`);

describe('a check of a Gerrit source', function () {
  this.timeout(30_000);
  let world: RestWorld;

  beforeEach(async () => {
    world = await RestWorld.start();
    for (const [path, answer] of Object.entries({
      '/config/server/version': 'version',
      '/accounts/self': 'account-self',
      '/accounts/self/capabilities': 'account-capabilities',
      '/projects/?n=500': 'projects-list',
      '/projects/demo%2Fapp2': 'project',
      '/projects/demo%2Fapp2/branches/refs%2Fheads%2Fmain': 'branch-main',
      '/projects/demo%2Fapp2/branches/refs%2Fmeta%2Fconfig': { ref: 'refs/meta/config', revision: 'a'.repeat(40) },
      [remotes('All-Projects')]: {
        headgate: { url: 'https://headgate.example.com/hooks/review/s3cret', events: ['ref-updated', 'change-merged'], ssl_verify: true },
      },
      [remotes('demo%2Fapp2')]: {},
    }))
      world.answers.set(path, answer);
  });
  afterEach(() => world.stop());

  const http = { user: 'bot', token: { env: 'TOKEN' } };
  const webhook = { secrets: [{ env: 'WEBHOOK' }] };
  const source = (parts: object = { http, webhook }): GerritSource =>
    GerritSource.parse({ name: 'review', type: 'gerrit', url: world.url, ...parts });
  const check = (asked: Partial<SourceCheckQuestion> = {}, more: Partial<GerritCheckOptions> = {}): Promise<readonly Finding[]> => {
    const secret = (): Buffer => Buffer.from('a-secret-of-some-length');
    const run = createGerritCheck({ source: source(), by: 'api', secret, clock: systemClock, client: world.client(), ...more });
    return run({ repositories: ['demo/app2'], refs: [main], lastReceivedAt: undefined, ...asked });
  };
  const wrong = async (...args: Parameters<typeof check>): Promise<readonly Finding[]> =>
    (await check(...args)).filter(({ severity }) => severity !== 'good');

  it('tells version, clock, account, capabilities, projects, rights, webhooks and the events-log, and writes nothing', async () => {
    assert.deepEqual(shown(await check({ lastReceivedAt: Date.now() - 5_000 })), [
      'good SOURCE_READ_BACK gerrit; changes are confirmed by its REST API and git over HTTP',
      'good SECRET webhook secret, environment variable WEBHOOK: set; its age is not known',
      'good SECRET HTTP token, environment variable TOKEN: set; its age is not known',
      'good SOURCE_REACHABLE its REST API answers and takes the credentials',
      'good SOURCE_VERSION Gerrit 3.14.2',
      'good SOURCE_CLOCK clock: agrees with ours',
      'good SOURCE_CREDENTIAL token of bot (1000001); Gerrit does not tell when it expires',
      'good SOURCE_RIGHT capabilities: Stream Events, View Access',
      'good SOURCE_REPOSITORY projects that the account sees: 9',
      'good SOURCE_REPOSITORY followed projects that the account sees: 1',
      'good SOURCE_RIGHT followed refs that may be read: 1',
      'good SOURCE_RIGHT refs/meta/config may be read of all followed projects: 1',
      'good SOURCE_WEBHOOK webhook headgate of All-Projects: sends ref-updated, change-merged',
      'good SOURCE_CATCH_UP the plugin events-log is not there, and is not needed: what was missed is found by the sweep',
      'good SOURCE_HEARD its last event was journalled 5s ago',
    ]);
    assert.ok(world.asked.length < 15, world.asked.join('\n'));
  });

  it('says of a branch that may not be read that nothing of it is ever heard', async () => {
    world.answers.set('/projects/demo%2Fapp2/branches/refs%2Fheads%2Flocked', 'branch-hidden');
    const [found, ...more] = await wrong({ refs: [main, { ...main, ref: 'refs/heads/locked' }] });
    assert.deepEqual(more, []);
    assert.equal(found?.message, 'may not read refs/heads/locked of demo/app2, or there is none');
    assert.match(String(found?.without), /sends no event of it/);
    assert.match(String(found?.mend), /\*Read\* on refs\/heads\/locked/);
  });

  it('says of a project that it is not seen, and of refs/meta/config what is not known then', async () => {
    world.answers.delete('/projects/demo%2Fapp2/branches/refs%2Fmeta%2Fconfig');
    assert.deepEqual(shown(await wrong({ repositories: ['demo/app2', 'gone'] })), [
      'bad SOURCE_REPOSITORY followed, but the account does not see: gone',
      'warning SOURCE_RIGHT may not read refs/meta/config of demo/app2',
    ]);
    world.answers.set('/projects/?n=500', {});
    assert.match(shown(await wrong()).join('\n'), /^bad SOURCE_REPOSITORY the account sees no project at all$/m);
    assert.deepEqual(shown(await wrong({ repositories: [], refs: [] })).slice(1), [
      'unknown SOURCE_REPOSITORY no project of it is known to be followed',
    ]);
  });

  it('tells a token that is refused from a Gerrit that is away, and from one that is too old', async () => {
    world.answers.set('/config/server/version', 'err-401-badpw');
    const [refused] = await wrong();
    assert.equal(refused?.code, 'SOURCE_CREDENTIAL');
    assert.match(String(refused?.mend), /Make a token/);
    world.answers.set('/config/server/version', { not: 'a version' });
    assert.equal((await wrong())[0]?.code, 'SOURCE_REACHABLE');
    world.answers.delete('/config/server/version');
    assert.equal((await wrong())[0]?.severity, 'bad');
  });

  it('tells which capabilities are missing, Stream Events only where that account listens', async () => {
    world.answers.set('/accounts/self/capabilities', { administrateServer: true });
    assert.deepEqual(shown(await wrong()), [
      'warning SOURCE_RIGHT has not the capability View Access',
      'warning SOURCE_RIGHT the account may administer Gerrit',
    ]);
  });

  it('tells what is wrong with a webhook, and never its address', async () => {
    world.answers.set(remotes('All-Projects'), {
      bad: { url: 'https://headgate.example.com/hooks/review/s3cret', events: ['patchset-created'] },
      plain: { url: 'http://headgate.example.com/hooks/review/s3cret' },
      other: { url: 'https://ci.example.com/hooks/other/review' },
      none: {},
    });
    const found = await wrong();
    assert.deepEqual(shown(found), [
      'warning SOURCE_WEBHOOK webhook bad of All-Projects does not send ref-updated',
      'warning SOURCE_WEBHOOK webhook bad of All-Projects does not verify our certificate',
      'warning SOURCE_WEBHOOK webhook plain of All-Projects sends its secret without TLS',
    ]);
    assert.ok(!JSON.stringify(await check()).includes('s3cret'));
    world.answers.set(remotes('All-Projects'), 'webhooks-remotes-by-bot');
    assert.deepEqual(shown(await wrong()), ['warning SOURCE_WEBHOOK no webhook leads to /hooks/review']);
    world.answers.delete(remotes('demo%2Fapp2'));
    assert.deepEqual(shown(await wrong()), ['unknown SOURCE_WEBHOOK webhooks may not be read of demo/app2']);
  });

  it('tells which groups that policies name can be seen, and asks nothing of those that are kept outside of Gerrit', async () => {
    const [seen, hidden] = ['a'.repeat(40), 'b'.repeat(40)];
    world.answers.set(`/groups/${seen}`, { id: seen });
    const found = (await check({ groups: [seen, hidden, 'ldap:cn=x'] })).filter(({ code }) => code === 'SOURCE_GROUP');
    assert.deepEqual(shown(found), [
      'good SOURCE_GROUP groups that policies name and the account sees: 1',
      `bad SOURCE_GROUP policies name group ${hidden}, which the account does not see, or there is none`,
    ]);
    assert.ok(world.asked.every((path) => !path.includes('ldap')));
  });

  it('asks nothing of webhooks where none is configured, and nothing at all without credentials', async () => {
    await check({}, { source: source({ http }) });
    assert.ok(world.asked.every((path) => !path.includes('webhooks')));
    world.asked.length = 0;
    assert.deepEqual(shown(await wrong({}, { client: undefined, by: 'none', source: source({ webhook }) })), [
      'warning SOURCE_READ_BACK gerrit; changes are not confirmed: there are no credentials to read them back',
    ]);
    assert.deepEqual(world.asked, []);
  });

  it('warns of secrets that cannot be read, and of a source that was never heard', async () => {
    const secret = (): Buffer => {
      throw new HeadgateError('SECRET_UNAVAILABLE', 'it is not set');
    };
    const found = shown(await wrong({ lastReceivedAt: null }, { secret }));
    assert.deepEqual(found, [
      'bad SECRET webhook secret: it is not set',
      'bad SECRET HTTP token: it is not set',
      'warning SOURCE_HEARD no event of it has come yet',
    ]);
  });
});
