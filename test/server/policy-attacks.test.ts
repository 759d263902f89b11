import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { account } from '#sandbox/github/account.ts';
import { eventually } from '../conformance/cluster/eventually.ts';
import { configMap, REPOSITORY } from './forge-world.ts';
import {
  appsFrom,
  PLATFORM,
  policiesFrom,
  policy,
  shortly,
  startPolicyWorld,
  type PolicyWorld,
  type PolicyWorldOptions,
} from './policy-world.ts';

const first = { 'policies/apps.yaml': appsFrom('release'), 'policies/policies.yaml': policiesFrom(PLATFORM) };

describe('changes of the policies themselves', function () {
  this.timeout(120_000);
  let world: PolicyWorld;
  afterEach(() => world.forge.stop());

  async function open(files: PolicyWorldOptions['files'] = first, more: Partial<PolicyWorldOptions> = {}): Promise<void> {
    world = await startPolicyWorld({ by: 'api', files, ...more });
    await world.inForce(world.first);
  }

  const loaded = async (): Promise<readonly string[]> =>
    (await world.forge.get<{ items: readonly { name: string }[] }>('/v1/policies')).items.map(({ name }) => name);
  const reasonOf = async (commit: string): Promise<string | undefined> => (await world.decisionOn(commit)).reasons[0]?.code;
  const pushApp = async (text: string): Promise<string> =>
    (await world.forge.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap(text) } })).after ?? '';

  async function stays(): Promise<void> {
    const [newest] = await world.records();
    assert.equal(newest?.record['revision'], world.first);
  }

  it('do not allow what is pushed together with them', async () => {
    await open({ ...first, 'policies/policies.yaml': policiesFrom(REPOSITORY) }, { repository: REPOSITORY });
    const both = await world.push({ 'policies/apps.yaml': appsFrom('main'), 'deploy/webapp.yaml': configMap('smuggled') });
    const app = await world.appDecision(both);
    assert.deepEqual([app.verdict, app.facts['policyRevision']], ['deny', world.first]);
    const own = await world.decisionOn(both);
    assert.deepEqual([own.verdict, own.change, own.facts['policySet']], ['allow', app.change, app.facts['policySet']]);
    await world.inForce(both);
    const { reconciles } = await world.forge.storyOf(both);
    assert.deepEqual(reconciles, []);
    const later = await world.push({ 'deploy/webapp.yaml': configMap('later') });
    assert.deepEqual([(await world.appDecision(later)).verdict, (await world.appDecision(later)).facts['policyRevision']], ['allow', both]);
  });

  it('are denied to whom the policies in force do not name, and then those stay', async () => {
    await open({ ...first, 'policies/policies.yaml': policiesFrom(PLATFORM, 'alice') });
    const bad = await world.push(
      { 'policies/apps.yaml': appsFrom('main'), 'policies/policies.yaml': policiesFrom(PLATFORM) },
      { by: 'mallory' },
    );
    const { verdict, reasons } = await world.decisionOn(bad);
    assert.deepEqual([verdict, reasons[0]?.code], ['deny', 'validation-failed']);
    assert.equal((await world.appDecision(await pushApp('second'))).verdict, 'deny');
    await stays();
    const { stdout } = await world.forge.headgate(['trace', bad]);
    assert.match(stdout, /✗ headgate: Policies\/policies in policies: denied/);
    const good = await world.push({ 'policies/apps.yaml': appsFrom('main') }, { by: 'alice' });
    assert.equal((await world.decisionOn(good)).verdict, 'allow');
  });

  it('are denied where policies are about every namespace, and none about the policies', async () => {
    const all = policy('all', {
      targets: [{ clusters: ['**'], namespaces: ['**'] }],
      changes: [{ source: '*', repositories: ['**'], refs: ['**'], confirmed: false }],
    });
    await open({ 'policies/all.yaml': all });
    assert.equal(await reasonOf(await world.push({ 'policies/more.yaml': policiesFrom(PLATFORM) })), 'no-policy');
    await stays();
  });

  it('are denied when their ref was forced over, and allowed again on top of what is in force', async () => {
    await open();
    const base = world.first;
    const next = await world.push({ 'policies/apps.yaml': appsFrom('main') });
    await world.inForce(next);
    const forced = await world.push({ 'policies/apps.yaml': appsFrom('dev') }, { onto: base });
    assert.equal(await reasonOf(forced), 'policies-diverged');
    assert.equal((await world.records())[0]?.record['revision'], next);
    const mended = await world.push({ 'policies/apps.yaml': appsFrom('next') }, { onto: next });
    assert.equal((await world.decisionOn(mended)).verdict, 'allow');
    await world.inForce(mended);
  });

  it('are denied while their documents are not valid, which is found and told, until they are mended', async () => {
    await open();
    const broken = await world.push({ 'policies/apps.yaml': 'kind: GatePolicy\nspec: {}\n' });
    const { verdict, reasons } = await world.decisionOn(broken);
    assert.deepEqual([verdict, reasons[0]?.code], ['deny', 'policies-invalid']);
    assert.match(reasons[0]?.message ?? '', /policies\/apps\.yaml:1:1/);
    assert.deepEqual(await loaded(), ['apps', 'policies']);
    assert.match((await world.forge.headgate(['check'])).stdout, /✗ the last good ones stand in.*policies\/apps\.yaml/s);
    const mended = await world.push({ 'policies/apps.yaml': appsFrom('main') });
    await world.inForce(mended);
    assert.match((await world.forge.headgate(['check'])).stdout, /✔ in force, loaded/);
  });

  it('may be that a document disappears, but not that all do', async () => {
    await open();
    const fewer = await world.push({ 'policies/apps.yaml': null });
    await world.inForce(fewer);
    // What is on record is read out a moment later: the record is written first.
    await eventually(async () => assert.deepEqual(await loaded(), ['policies']));
    const app = await world.appDecision(await pushApp('second'));
    assert.deepEqual([app.verdict, app.reasons[0]?.code], ['deny', 'no-policy']);
    const none = await world.push({ 'policies/policies.yaml': null, 'README.md': 'nothing left' });
    assert.equal(await reasonOf(none), 'policies-invalid');
    assert.deepEqual(await loaded(), ['policies']);
  });

  it('are decided by what the change before them brought', async () => {
    await open();
    const taken = await world.push({ 'policies/policies.yaml': policiesFrom(PLATFORM, 'alice') });
    await world.inForce(taken);
    const late = await world.push({ 'policies/policies.yaml': policiesFrom(PLATFORM) });
    assert.equal(await reasonOf(late), 'validation-failed');
    assert.equal((await world.decisionOn(late)).facts['policyRevision'], taken);
    assert.equal((await world.records())[0]?.record['revision'], taken);
  });

  it('are denied without the review that the policies in force ask for, and taken with it', async () => {
    const spec = { targets: [{ policies: true }], changes: [{ source: 'hub', repositories: [PLATFORM], refs: ['refs/heads/main'] }] };
    const people = ['ada', 'bob', 'carol'].map((login) =>
      stringify({
        apiVersion: 'headgate.dev/v1alpha1',
        kind: 'Person',
        metadata: { name: login },
        spec: { accounts: [{ source: 'hub', account: account(login).id }] },
      }),
    );
    const policies = policy('policies', { ...spec, reviews: [{ required: 1 }] });
    await open({ ...first, 'policies/policies.yaml': policies, 'policies/people.yaml': people.join('---\n') });
    const { github } = world.forge;
    github.rest.permit(PLATFORM, 'bob', 'write');
    const unreviewed = await world.push({ 'policies/apps.yaml': appsFrom('main') }, { by: 'ada' });
    assert.equal(await reasonOf(unreviewed), 'unreviewed');
    await stays();
    await github.move(PLATFORM, 'refs/heads/main', world.first);
    const wanted = {
      repository: PLATFORM,
      branch: 'topic',
      files: { 'policies/apps.yaml': appsFrom('main') },
      by: 'ada',
      onto: world.first,
    };
    await github.push(wanted);
    const { number: pull } = await github.openPull({ repository: PLATFORM, branch: 'topic', by: 'ada' });
    github.rest.addReview({ repository: PLATFORM, pull, user: 'bob', state: 'APPROVED' });
    const { after = '' } = await github.merge({ repository: PLATFORM, pulls: [pull], method: 'squash', by: 'carol' });
    const { verdict, facts } = await world.decisionOn(after ?? '');
    assert.equal(verdict, 'allow');
    assert.match(JSON.stringify(facts), /by bob/);
    await world.inForce(after ?? '');
  });

  it('are found when no webhook tells of them', async () => {
    await open(first, { sweep: '1s' });
    const { commit } = await world.forge.unheard(() =>
      world.forge.github.push({ repository: PLATFORM, files: { 'policies/apps.yaml': appsFrom('main') } }),
    );
    assert.equal((await world.inForce(commit))['revision'], commit);
    assert.equal((await world.forge.storyOf(commit)).delivery.kind, 'sweep');
  });

  it('are known after a start without the forge, and hold', async () => {
    await open();
    const next = await world.push({ 'policies/apps.yaml': appsFrom('main') });
    await world.inForce(next);
    const { faults } = world.forge.github.rest;
    await world.forge.restart(() => faults.next({ kind: 'status', status: 503 }, { count: 1_000_000 }));
    while ((await loaded()).length === 0) await shortly();
    assert.deepEqual(await loaded(), ['apps', 'policies']);
    const recorded = (await world.records())[0]?.record;
    assert.deepEqual([recorded?.['revision'], (recorded?.['taken'] as { by: string } | undefined)?.by], [next, 'decision']);
    faults.clear();
    const app = await world.appDecision(await pushApp('second'));
    assert.deepEqual([app.verdict, app.facts['policyRevision']], ['allow', next]);
  });

  it('on this disk count for nothing: what was put on record does', async () => {
    await open();
    const { faults } = world.forge.github.rest;
    const kept = join(world.forge.directory, 'data/policies-in-force');
    await world.forge.restart(() => {
      const [file = ''] = readdirSync(kept);
      const documents = JSON.parse(readFileSync(join(kept, file), 'utf8')) as { path: string; text: string }[];
      const bent = documents.map(({ path, text }) => ({ path, text: text.replace('refs/heads/release', 'refs/heads/main') }));
      assert.notDeepEqual(bent, documents);
      writeFileSync(join(kept, file), JSON.stringify(bent));
      faults.next({ kind: 'status', status: 503 }, { count: 1_000_000 });
    });
    assert.deepEqual(await loaded(), []);
    const pushed = await pushApp('second');
    assert.match((await world.forge.headgate(['check'])).stdout, /✗ none in force, everything is denied/);
    faults.clear();
    const app = await world.appDecision(pushed);
    assert.deepEqual([app.verdict, app.facts['policyRevision'], app.reasons[0]?.code], ['deny', world.first, 'other-ref']);
  });
});
