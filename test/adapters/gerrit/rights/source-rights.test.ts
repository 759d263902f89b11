import assert from 'node:assert/strict';
import { createGerritRights } from '#adapters/gerrit/rights/source-rights.ts';
import { systemClock } from '#core/clock.ts';
import type { AccountRights, SourceRights } from '#core/ports/source-rights.ts';
import { RestWorld } from '../rest-world.ts';

const releasers = 'ccddf44deb5c6186795bad33087159dab9d6e450';
const hidden = 'fee8fdbfbe113d18f6e4698d89da98dac0df66ba';
const admins = 'db84ca9177a4713bf70fe03aef2e4affceae2ab7';
const main = { repository: 'demo/app2', ref: 'refs/heads/main' };
const dev = '/accounts/1000002';
const check = (account: number, perm: string, ref = 'main'): string =>
  `/projects/demo%2Fapp2/check.access?account=${account}&ref=refs%2Fheads%2F${ref}&perm=${perm}`;

const rulesOf = (group: string, action = 'ALLOW', pattern = 'refs/heads/*', exclusive = false) => ({
  [pattern]: { permissions: { submit: { ...(exclusive ? { exclusive } : {}), rules: { [group]: { action, force: false } } } } },
});
const owners = (group: string) => ({ 'refs/*': { permissions: { owner: { rules: { [group]: { action: 'ALLOW' } } } } } });

describe('rights that a Gerrit gives', function () {
  this.timeout(30_000);
  let world: RestWorld;
  let rights: SourceRights;

  beforeEach(async () => {
    world = await RestWorld.start();
    rights = createGerritRights({ client: world.client(), clock: systemClock });
    for (const [path, answer] of Object.entries({
      '/projects/demo%2Fapp2': 'project',
      '/access/?project=demo%2Fapp2': 'access-app2-by-admin',
      '/access/?project=All-Projects': { 'All-Projects': { local: rulesOf(releasers), config_visible: true } },
      '/accounts/?q=username%3Adev&o=DETAILS&n=2': 'account-by-username',
      [`${dev}/detail`]: 'account-id-detail-by-bot',
      [`${dev}/groups`]: 'account-groups-dev-by-bot',
      [`/groups/${releasers}`]: { id: releasers },
      [`/groups/${admins}`]: { id: admins },
      [check(1_000_002, 'read')]: 'check-access-dev-read',
      [check(1_000_002, 'push')]: 'check-access-dev-push',
    }))
      world.answers.set(path, answer);
  });
  afterEach(() => world.stop());

  const only = async (account = 'dev', refs = [main]): Promise<AccountRights> => {
    const [first, ...more] = await rights.rights({ refs, accounts: [account] });
    assert.ok(first);
    assert.deepEqual(more, []);
    return first;
  };
  const inherited = (...local: readonly object[]): void =>
    void world.answers.set('/access/?project=All-Projects', {
      'All-Projects': { local: Object.assign({}, ...local) as object, config_visible: true },
    });

  it('are those that it tells of, and submit by the rules that hold and the groups that are listed', async () => {
    assert.deepEqual(await only(), {
      ...main,
      account: '1000002',
      name: 'dev',
      read: { answer: 'yes', why: null },
      push: { answer: 'no', why: null },
      submit: { answer: 'yes', why: null },
    });
  });

  it('are asked by id as by user name', async () => {
    assert.deepEqual(await only('1000002'), await only('dev'));
  });

  it('are not to submit for whoever is in none of the groups that may, when these can be seen', async () => {
    inherited(rulesOf(admins));
    assert.deepEqual((await only()).submit, { answer: 'no', why: null });
  });

  it('are unknown where the group that may cannot be seen: our account is no better informed', async () => {
    inherited(rulesOf(hidden));
    world.answers.set(`/groups/${hidden}`, 'group-hidden-by-bot');
    assert.deepEqual((await only()).submit, { answer: 'unknown', why: `whether it is in group ${hidden} cannot be seen` });
  });

  it('are known of that group to an account that sees it', async () => {
    inherited(rulesOf(hidden));
    world.answers.set(`${dev}/groups`, 'account-groups-dev-by-admin');
    assert.equal((await only()).submit.answer, 'yes');
  });

  it('are unknown of a group that is kept outside of Gerrit and not listed', async () => {
    inherited(rulesOf('ldap:cn=release'));
    assert.deepEqual((await only()).submit, {
      answer: 'unknown',
      why: 'ldap:cn=release is kept outside of Gerrit, and lists no members',
    });
  });

  it('are unknown where the rules are shown in part, as to an account without Read on refs/meta/config', async () => {
    world.answers.set('/access/?project=demo%2Fapp2', 'access-app2-by-bot');
    assert.deepEqual((await only()).submit, {
      answer: 'unknown',
      why: 'the access rules of demo/app2 are shown in part: our account may not read its refs/meta/config',
    });
    world.answers.set('/access/?project=demo%2Fapp2', 'access-app2-by-admin');
    world.answers.set('/access/?project=All-Projects', 'access-allprojects-by-bot');
    assert.match(String((await only()).submit.why), /All-Projects are shown in part/);
  });

  it('are unknown without View Access, which Gerrit says itself', async () => {
    world.answers.set(check(1_000_002, 'read'), 'check-access-by-dev-denied');
    assert.deepEqual((await only()).read, {
      answer: 'unknown',
      why: 'view access not permitted: our account lacks the capability View Access',
    });
  });

  it('are those of project owners and of everybody, and of a change’s owner only for its own', async () => {
    inherited(rulesOf('global:Project-Owners'), owners(releasers));
    assert.equal((await only()).submit.answer, 'yes');
    inherited(rulesOf('global:Project-Owners'), owners(admins));
    assert.equal((await only()).submit.answer, 'no');
    inherited(rulesOf('global:Project-Owners'), owners(hidden));
    assert.deepEqual((await only()).submit, { answer: 'unknown', why: 'whether it owns the project is not known' });
    inherited(rulesOf('global:Registered-Users'));
    assert.equal((await only()).submit.answer, 'yes');
    inherited(rulesOf('global:Change-Owner'));
    assert.deepEqual((await only()).submit, { answer: 'unknown', why: 'only for changes of its own' });
  });

  it('are none where the account is inactive, and unknown where there is none', async () => {
    world.answers.set(`${dev}/detail`, { _account_id: 1_000_002, username: 'dev', inactive: true });
    const { read, push, submit } = await only('1000002');
    for (const right of [read, push, submit]) assert.deepEqual(right, { answer: 'no', why: 'the account is inactive' });
    for (const name of ['nobody', 'dev OR status:open', '', '99'])
      assert.deepEqual((await only(name)).submit, { answer: 'unknown', why: 'Gerrit shows no such account' }, name);
    assert.ok(world.asked.every((path) => !path.includes('status')));
  });

  it('are not to submit to a project that is read-only, and unknown of one that is not seen', async () => {
    world.answers.set('/projects/demo%2Fapp2', { state: 'READ_ONLY' });
    assert.deepEqual((await only()).submit, { answer: 'no', why: 'the project is read-only' });
    world.answers.delete('/projects/demo%2Fapp2');
    assert.deepEqual((await only()).submit, { answer: 'unknown', why: 'our account does not see the project' });
  });

  it('read the rules of a project and the sight of a group once for all accounts and refs', async () => {
    inherited(rulesOf(admins));
    world.answers.set('/accounts/1000000/detail', { _account_id: 1_000_000, username: 'admin' });
    world.answers.set('/accounts/1000000/groups', 'account-groups-admin-by-bot');
    world.answers.set(check(1_000_000, 'read'), 'check-access-admin-read');
    const all = await rights.rights({ refs: [main, { ...main, ref: 'refs/heads/locked' }], accounts: ['1000000', '1000002'] });
    assert.equal(all.length, 4);
    for (const path of ['/projects/demo%2Fapp2', '/access/?project=All-Projects', `/groups/${admins}`])
      assert.equal(world.asked.filter((one) => one === path).length, 1, path);
  });

  it('are unknown of a project that inherits from itself', async () => {
    world.answers.set('/access/?project=All-Projects', {
      'All-Projects': { local: {}, config_visible: true, inherits_from: { name: 'demo/app2' } },
    });
    assert.deepEqual((await only()).submit, {
      answer: 'unknown',
      why: 'demo/app2 inherits from more projects than are looked at',
    });
  });
});
