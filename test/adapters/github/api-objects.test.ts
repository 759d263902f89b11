import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import type { RangeQuestion } from '#core/ports/read-back.ts';
import { GitRunner } from '#sandbox/git/git-runner.ts';
import { signedByWebFlow } from '#sandbox/github/web-flow.ts';
import { REPOSITORY, startApiWorld, type ApiWorld } from './api-world.ts';

const MAIN = 'refs/heads/main';
const question: RangeQuestion = { ref: MAIN, reviews: false, signatures: false, owners: false };

describe("a range read back by GitHub's API, with what its objects hold", function () {
  this.timeout(30_000);
  let world: ApiWorld;
  let base: string;

  beforeEach(async () => {
    world = await startApiWorld();
    await world.github.createRepository(REPOSITORY);
    base = await push({ a: '1' });
  });
  afterEach(() => world.stop());

  async function push(files: Readonly<Record<string, string>>, branch = 'main'): Promise<string> {
    return (await world.github.push({ repository: REPOSITORY, branch, files })).after ?? '';
  }
  const git = async (...args: readonly string[]): Promise<string> =>
    (await new GitRunner().run([`--git-dir=${world.github.repository(REPOSITORY).directory}`, ...args])).toString().trim();

  /** A pull request that carol has approved. @returns what main came to */
  async function merged(method: 'merge' | 'squash'): Promise<string> {
    await world.github.move(REPOSITORY, 'refs/heads/topic', base);
    await push({ a: '2' }, 'topic');
    const { number: pull } = await world.github.openPull({ repository: REPOSITORY, branch: 'topic' });
    world.github.rest.addReview({ repository: REPOSITORY, pull, user: 'carol', state: 'APPROVED' });
    const { after } = await world.github.merge({ repository: REPOSITORY, pulls: [pull], method, by: 'bob', message: 'Grüße' });
    return after ?? '';
  }

  it('asks for nothing about reviews unless it is to know it', async () => {
    const head = await merged('squash');
    world.asked();
    const { commits, pulls } = await world.readBack.range(REPOSITORY, base, head);
    assert.deepEqual([commits[0]?.broughtBy, commits[0]?.hands, pulls[0]?.reviews[0]?.canWrite], [null, [], null]);
    const costly = /permission|events|\/files|graphql|\/commits\/[0-9a-f]+\?/;
    assert.deepEqual(
      world.asked().filter((path) => costly.test(path)),
      [],
    );
  });

  it('takes four more requests for a pull request with one reviewer', async () => {
    const head = await merged('squash');
    world.asked();
    await world.open().range(REPOSITORY, base, head);
    const without = world.asked().length;
    const { commits } = await world.open().range(REPOSITORY, base, head, { ...question, reviews: true });
    assert.deepEqual([commits[0]?.broughtBy, world.asked().length - without], [1, 4]);
  });

  it('hands out signatures with what was signed', async () => {
    const facts = await world.readBack.range(REPOSITORY, base, await merged('merge'), { ...question, signatures: true });
    const [made, own] = facts.commits;
    assert.equal(own?.signed, null);
    assert.match(made?.signed?.signature ?? '', /^-----BEGIN PGP SIGNATURE-----\n/);
    const object = await git('cat-file', 'commit', made?.id ?? '');
    const payload = Buffer.from(made?.signed?.payload ?? '', 'latin1').toString('utf8');
    assert.equal(signedByWebFlow(payload).trim(), object);
    assert.deepEqual(facts.lacked, []);
  });

  it('reads the rules about code owners at the base, in the order of places that GitHub keeps', async () => {
    const asked = { ...question, owners: true };
    const owners = async () => (await world.readBack.range(REPOSITORY, base, await git('rev-parse', MAIN), asked)).owners;
    assert.equal(await owners(), null);
    base = await push({ 'docs/CODEOWNERS': '* @docs' });
    await push({ 'docs/CODEOWNERS': '* @mallory', CODEOWNERS: '* @mallory' });
    assert.deepEqual(await owners(), { path: 'docs/CODEOWNERS', text: '* @docs' });
    base = await push({ CODEOWNERS: '* @root' });
    assert.deepEqual(await owners(), { path: 'CODEOWNERS', text: '* @root' });
    base = await push({ '.github/CODEOWNERS': '* @first' });
    assert.deepEqual(await owners(), { path: '.github/CODEOWNERS', text: '* @first' });
  });

  it('lacks rules about code owners that are too large to be read', async () => {
    base = await push({ CODEOWNERS: 'x'.repeat(limits.content.fileBytes + 1) });
    const { owners, lacked } = await world.readBack.range(REPOSITORY, base, base, { ...question, owners: true });
    assert.deepEqual([owners, lacked], [null, ['owners']]);
  });
});
