import assert from 'node:assert/strict';
import { account } from '#sandbox/github/account.ts';
import type { Pull } from '#sandbox/github/rest/records.ts';
import { configMap, REPOSITORY, startForgeWorld, type ForgeWorld } from './forge-world.ts';

const document = (kind: string, name: string, spec: object): object => ({
  apiVersion: 'headgate.dev/v1alpha1',
  kind,
  metadata: { name },
  spec,
});
const people = ['alice', 'bob', 'carol', 'dave'].map((name) =>
  document('Person', name, { accounts: [{ source: 'hub', account: account(name).id }] }),
);
const policy = (distinctFrom: readonly string[]): object =>
  document('GatePolicy', 'apps', {
    targets: [{ clusters: ['prod'], namespaces: ['apps'] }],
    changes: [{ source: 'hub', repositories: [REPOSITORY], refs: ['refs/heads/main'] }],
    reviews: [{ required: 1, distinctFrom }],
  });

describe('a server that is told of merges, or sees them', function () {
  this.timeout(120_000);
  let world: ForgeWorld;
  let made = 0;

  async function start(distinctFrom: readonly string[]): Promise<void> {
    world = await startForgeWorld({ by: 'api', policies: [policy(distinctFrom), ...people] });
    for (const login of ['alice', 'bob', 'carol']) world.github.rest.permit(REPOSITORY, login, 'write');
  }
  afterEach(() => world.stop());

  const push = async (branch: string, more: { onto?: string } = {}): Promise<string> => {
    const files = { 'deploy/webapp.yaml': configMap(`version-${made++}`) };
    return (await world.github.push({ repository: REPOSITORY, branch, files, by: 'alice', ...more })).after ?? '';
  };
  const main = async (): Promise<string> => (await world.github.repository(REPOSITORY).object('refs/heads/main')) ?? '';
  async function proposed(branch: string): Promise<Pull> {
    await push(branch, { onto: await main() });
    return world.github.openPull({ repository: REPOSITORY, branch, by: 'alice' });
  }
  const approve = ({ number: pull }: Pull, user: string) =>
    world.github.rest.addReview({ repository: REPOSITORY, pull, user, state: 'APPROVED' });
  async function decided(commit: string): Promise<{ readonly verdict: string; readonly why: string }> {
    const { decisions } = await world.storyOf(commit, (story) => story.decisions.length > 0);
    const [decision] = decisions;
    return {
      verdict: decision?.verdict ?? '',
      why: (decision?.reasons ?? []).map(({ code, message }) => `${code}: ${message}`).join('\n'),
    };
  }

  it('denies what was pushed along with a reviewed head, although GitHub takes the pull request for merged', async () => {
    await start(['author']);
    const pull = await proposed('topic');
    approve(pull, 'carol');
    const along = await push('topic');
    Object.assign(pull, { state: 'closed', merged: { sha: along, by: 'alice', at: 0 } });
    await world.github.move(REPOSITORY, 'refs/heads/main', along);
    const { verdict, why } = await decided(along);
    assert.deepEqual([verdict, why.includes(along.slice(0, 7))], ['deny', true], why);
  });

  it('deploys what a merge queue brings at once', async () => {
    await start(['author']);
    const one = await proposed('one');
    const other = { repository: REPOSITORY, branch: 'two', by: 'dave' };
    await world.github.push({ ...other, onto: world.first, files: { 'deploy/two.yaml': configMap('two').replace('webapp', 'two') } });
    const two = await world.github.openPull(other);
    for (const pull of [one, two]) approve(pull, 'carol');
    const pulls = [one.number, two.number];
    const { after } = await world.github.merge({ repository: REPOSITORY, pulls, method: 'merge', by: 'bob', queue: true });
    const head = after ?? '';
    const { verdict, why } = await decided(head);
    assert.equal(verdict, 'allow', why);
    await world.applied(head);
  });

  /** Two merges that no webhook told of in time; that of the first comes late, so that the head is seen. @returns what the second led to */
  async function seenLate(): Promise<string> {
    const heads: { readonly id: string; readonly commit: string }[] = [];
    for (const branch of ['one', 'two']) {
      const pull = await proposed(branch);
      approve(pull, 'carol');
      heads.push(
        await world.unheard(() => world.github.merge({ repository: REPOSITORY, pulls: [pull.number], method: 'squash', by: 'bob' })),
      );
    }
    await world.github.redeliver(heads[0]?.id ?? '');
    return heads[1]?.commit ?? '';
  }

  it('knows by the record of activity who pushed what no webhook told of', async () => {
    await start(['author', 'pusher']);
    const head = await seenLate();
    const { verdict, why } = await decided(head);
    assert.equal(verdict, 'allow', why);
    const { change, delivery } = await world.storyOf(head);
    assert.deepEqual([delivery.kind, change.actors.map(({ role, name }) => [role, name])], ['sweep', [['pusher', 'bob']]]);
  });

  it('denies what no webhook told of while nobody is known to have pushed it', async () => {
    await start(['author', 'pusher']);
    world.github.rest.faults.next({ kind: 'status', status: 403 }, { path: '/activity', count: 100 });
    const { verdict, why } = await decided(await seenLate());
    assert.deepEqual([verdict, /^not-distinct: .*nobody is known to have pushed it/m.test(why)], ['deny', true], why);
  });
});
