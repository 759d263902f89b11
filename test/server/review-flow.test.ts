import assert from 'node:assert/strict';
import type { Story } from '#core/ports/journal.ts';
import { account } from '#sandbox/github/account.ts';
import { emailOf } from '#sandbox/github/push-payload.ts';
import { configMap, REPOSITORY, startForgeWorld, type ForgeWorld } from './forge-world.ts';

const document = (kind: string, name: string, spec: object): object => ({
  apiVersion: 'headgate.dev/v1alpha1',
  kind,
  metadata: { name },
  spec,
});

const person = (name: string, logins: readonly string[], spec: object = {}): object =>
  document('Person', name, { accounts: logins.map((login) => ({ source: 'hub', account: account(login).id })), ...spec });

const policies = [
  document('GatePolicy', 'apps', {
    targets: [{ clusters: ['prod'], namespaces: ['apps'] }],
    changes: [{ source: 'hub', repositories: [REPOSITORY], refs: ['refs/heads/*'] }],
    reviews: [{ required: 1 }],
  }),
  person('ada', ['ada', 'ada-private']),
  person('bob', ['bob']),
  person('carol', ['carol']),
  person('dave', ['dave']),
  person('gone', ['gone'], { leftAt: '2020-01-01' }),
  person('renovate', ['renovate[bot]'], { kind: 'bot' }),
];

describe('a policy that asks for reviews, between GitHub and a cluster', function () {
  this.timeout(120_000);
  let world: ForgeWorld;
  let lines = 0;

  before(async () => {
    world = await startForgeWorld({ by: 'api', policies });
    for (const login of ['ada', 'ada-private', 'bob', 'carol', 'gone', 'renovate[bot]'])
      world.github.rest.permit(REPOSITORY, login, 'write');
  });
  after(() => world.stop());

  /** A branch of its own, which an object of its own follows and has reached. */
  async function line(): Promise<string> {
    const branch = `line-${++lines}`;
    const tip = await push(branch, 'begin', 'ada', world.first);
    const url = `${world.github.url}/${REPOSITORY}.git`;
    const kustomization = {
      interval: '1h',
      prune: true,
      path: './deploy',
      sourceRef: { kind: 'GitRepository', name: branch },
      targetNamespace: 'apps',
    };
    const flux = (group: string, kind: string, spec: object): object => ({
      apiVersion: `${group}.toolkit.fluxcd.io/v1`,
      kind,
      metadata: { name: branch, namespace: 'apps' },
      spec,
    });
    world.cluster.apply(flux('source', 'GitRepository', { url, interval: '1h', ref: { branch } }));
    world.cluster.apply(flux('kustomize', 'Kustomization', kustomization));
    await world.cluster.waitFor('Kustomization', 'apps', branch, (object) => JSON.stringify(object).includes(`sha1:${tip}`), 60_000);
    return branch;
  }

  async function push(branch: string, text: string, by: string, onto?: string, message = 'A change'): Promise<string> {
    const files = { 'deploy/webapp.yaml': configMap(`${branch}-${text}`) };
    const { after } = await world.github.push({ repository: REPOSITORY, branch, files, by, message, ...(onto ? { onto } : {}) });
    return after ?? assert.fail('nothing was pushed');
  }

  const tipOf = async (branch: string): Promise<string> =>
    (await world.github.repository(REPOSITORY).object(`refs/heads/${branch}`)) ?? assert.fail('no such branch');

  interface Course {
    readonly author?: string;
    readonly message?: string;
    readonly base?: string;
    /** Of reviewers; of none who approves at once when there is none. */
    readonly review?: (pull: { readonly number: number; readonly head: { readonly sha: string } }) => Promise<void> | void;
    readonly method?: 'merge' | 'squash' | 'rebase';
  }

  /** A pull request from a topic of its own: opened, reviewed, merged by carol. @returns the commit that the branch comes to */
  async function merged(
    branch: string,
    { author = 'ada', message, base = branch, review = approvedBy('bob'), method = 'merge' }: Course = {},
  ) {
    const topic = `${branch}-topic`;
    await push(topic, 'topic', author, await tipOf(base), message);
    const pull = await world.github.openPull({ repository: REPOSITORY, branch: topic, base, by: author, title: 'Raise the limit' });
    await review(pull);
    const { after } = await world.github.merge({ repository: REPOSITORY, pulls: [pull.number], method, by: 'carol' });
    return after ?? assert.fail('nothing was merged');
  }

  const approvedBy =
    (user: string, more: { readonly commit?: string; readonly state?: 'APPROVED' | 'DISMISSED' } = {}) =>
    ({ number: pull }: { readonly number: number }): void => {
      world.github.rest.addReview({ repository: REPOSITORY, pull, user, state: 'APPROVED', ...more });
    };

  const decided = async (commit: string, branch: string): Promise<Story['decisions'][number]> => {
    const story = await world.storyOf(commit, ({ change, decisions }) => change.ref === `refs/heads/${branch}` && decisions.length > 0);
    return story.decisions.find(({ target }) => target.name === branch) ?? assert.fail('it was not decided for its own target');
  };

  async function denied(commit: string, branch: string, code: string, words: RegExp): Promise<void> {
    const { verdict, reasons } = await decided(commit, branch);
    assert.equal(verdict, 'deny');
    const said = reasons.find((reason) => reason.code === code) ?? assert.fail(`${code} is not among ${JSON.stringify(reasons)}`);
    assert.match(said.message, words);
  }

  for (const method of ['merge', 'squash', 'rebase'] as const) {
    it(`deploys what was reviewed and came by ${method}, and says whose review it was`, async () => {
      const branch = await line();
      const commit = await merged(branch, { method });
      const { verdict, reasons } = await decided(commit, branch);
      assert.equal(verdict, 'allow', JSON.stringify(reasons));
      assert.match(JSON.stringify(reasons), /by bob/);
      await world.cluster.waitFor('Kustomization', 'apps', branch, (object) => JSON.stringify(object).includes(`sha1:${commit}`), 60_000);
      const { stdout } = await world.headgate(['trace', commit]);
      assert.match(stdout, /bob/);
    });
  }

  it('names an unreviewed commit under a reviewed tip, also when Flux has deployed it meanwhile', async () => {
    const branch = await line();
    const unreviewed = await push(branch, 'by-hand', 'ada');
    await denied(unreviewed, branch, 'unreviewed', new RegExp(unreviewed.slice(0, 7)));
    const at = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() } } };
    world.cluster.patch('GitRepository', 'apps', branch, at);
    await world.cluster.waitFor('GitRepository', 'apps', branch, (object) => JSON.stringify(object).includes(`sha1:${unreviewed}`), 60_000);
    const tip = await merged(branch);
    await denied(tip, branch, 'unreviewed', new RegExp(unreviewed.slice(0, 7)));
  });

  it('denies what was approved before the last push to the pull request', async () => {
    const branch = await line();
    let approved = '';
    const topic = `${branch}-topic`;
    approved = await push(topic, 'a', 'ada', await tipOf(branch));
    await push(topic, 'b', 'ada');
    const pull = await world.github.openPull({ repository: REPOSITORY, branch: topic, base: branch, by: 'ada' });
    approvedBy('bob', { commit: approved })(pull);
    const { after } = await world.github.merge({ repository: REPOSITORY, pulls: [pull.number], method: 'merge', by: 'carol' });
    await denied(after ?? '', branch, 'unreviewed', /was given on/);
  });

  it('denies commits whose pull request was approved and merged into another branch', async () => {
    const branch = await line();
    const other = await line();
    const elsewhere = await merged(other);
    await world.github.move(REPOSITORY, `refs/heads/${branch}`, elsewhere);
    const { verdict } = await decided(elsewhere, branch);
    assert.equal(verdict, 'deny');
  });

  const reviewers: readonly (readonly [who: string, course: Course, code: string, words: RegExp])[] = [
    ['nobody', { review: () => undefined }, 'unreviewed', /there is none/],
    ['a bot', { review: approvedBy('renovate[bot]') }, 'unreviewed', /renovate\[bot\]/],
    ['an account that may only read', { review: approvedBy('dave') }, 'unreviewed', /may not write/],
    ['an account that no document knows', { review: approvedBy('mallory') }, 'unreviewed', /may not write|not known to be anybody/],
    ['somebody who has left', { review: approvedBy('gone') }, 'unreviewed', /has left/],
    ['the author', { review: approvedBy('ada') }, 'unreviewed', /opened it|had a hand/],
    ['the author under a second account', { review: approvedBy('ada-private') }, 'unreviewed', /is ada, who/],
    ['whoever merged it', { review: approvedBy('carol') }, 'unreviewed', /merged it|pushed it/],
    ['a co-author', { message: `A change\n\nCo-authored-by: Bob <${emailOf('bob')}>` }, 'unreviewed', /is bob, who had a hand/],
    ['one whose review was dismissed', { review: approvedBy('bob', { state: 'DISMISSED' }) }, 'unreviewed', /was dismissed/],
    ['bob, of an author who is not known to be anybody', { author: 'mallory' }, 'not-distinct', /mallory/],
    [
      'bob, of a co-author whom GitHub does not know',
      { message: 'A change\n\nCo-authored-by: Eve <eve@example.com>' },
      'not-distinct',
      /author/,
    ],
  ];
  for (const [who, course, code, words] of reviewers) {
    it(`denies the review of ${who}`, async () => {
      const branch = await line();
      await denied(await merged(branch, course), branch, code, words);
    });
  }

  it('denies a merge that was made by hand, although GitHub takes the pull request for merged', async () => {
    const branch = await line();
    const topic = `${branch}-topic`;
    const base = await tipOf(branch);
    const head = await push(topic, 'topic', 'ada', base);
    const pull = await world.github.openPull({ repository: REPOSITORY, branch: topic, base: branch, by: 'ada' });
    approvedBy('bob')(pull);
    const evil = await push(branch, 'evil', 'ada', head, `Merge pull request #${pull.number}`);
    await denied(evil, branch, 'unreviewed', new RegExp(evil.slice(0, 7)));
  });
});
