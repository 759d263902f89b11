import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BareRepository } from '#sandbox/git/bare-repository.ts';
import { GitRunner } from '#sandbox/git/git-runner.ts';
import { GitFacts } from '#sandbox/github/rest/git-facts.ts';

const runner = new GitRunner();
const author = { name: 'Ömer', email: 'omer@example.com' };

describe('what the simulated GitHub reads of a repository without git', () => {
  let directory: string;
  let bare: BareRepository;
  let facts: GitFacts;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-facts-'));
    bare = await BareRepository.create(join(directory, 'app.git'), runner);
    facts = new GitFacts(runner, bare.directory);
  });
  afterEach(() => rm(directory, { recursive: true }));

  const commit = (files: Record<string, string>, branch = 'main', message = 'A change') =>
    bare.commit({ branch, files, message, author, at: 1_700_000_000_000 });
  const git = (...args: readonly string[]) => runner.run([`--git-dir=${bare.directory}`, ...args]);

  it('is what git says once everything is packed', async () => {
    const first = await commit({ a: '1' });
    const second = await commit({ a: '2' }, 'main', 'Title\n\nBody with\n\nblank lines\n');
    const third = await commit({ b: '3' });
    const tag = await bare.tag('v1', third, 'annotated', author);
    const all = async () => ({
      refs: await Promise.all(
        ['refs/heads/main', 'refs/tags/v1', 'refs/heads/none', 'refs/heads', 'refs/heads/../heads/main'].map((ref) => facts.ref(ref)),
      ),
      commits: await facts.commits([third, first, second, tag]),
      of: await Promise.all([first, tag, 'main', 'f'.repeat(40)].map((revision) => facts.commitOf(revision))),
    });
    const loose = await all();
    assert.deepEqual(await facts.chain(first, third), [second, third]);
    await git('gc', '--quiet', '--prune=now');
    await git('pack-refs', '--all');
    assert.equal(await facts.chain(first, third), undefined, 'it is packed: git must say');
    assert.deepEqual(await all(), loose);
    assert.deepEqual(loose.refs[0]?.commit, third);
  });

  it('follows no merge, and says nothing of what is not on the way', async () => {
    const first = await commit({ a: '1' });
    const side = await bare.commit({ branch: 'side', files: { b: '1' }, message: 'Side', author, at: 1_700_000_000_000, parent: first });
    const main = await commit({ c: '1' });
    const tree = (await facts.commits([main]))[0]?.tree ?? '';
    const who = ['-c', 'user.name=x', '-c', 'user.email=x@example.com'];
    const merge = (await runner.run([...who, `--git-dir=${bare.directory}`, 'commit-tree', '-p', main, '-p', side, '-m', 'Merge', tree]))
      .toString()
      .trim();
    assert.equal(await facts.chain(first, merge), undefined);
    assert.equal(await facts.chain(side, main), undefined);
    assert.deepEqual(await facts.chain(main, main), []);
    assert.deepEqual((await facts.symmetricDifference(first, merge)).ahead.length, 3);
  });

  it('leaves commits in another encoding to git', async () => {
    const tree = (await facts.commits([await commit({ a: '1' })]))[0]?.tree ?? '';
    const text = Buffer.from(
      `tree ${tree}\nauthor J\xfcrgen <j@example.com> 1700000000 +0000\ncommitter J\xfcrgen <j@example.com> 1700000000 +0000\nencoding ISO-8859-1\n\nGr\xfc\xdfe\n`,
      'latin1',
    );
    const made = await runner.run([`--git-dir=${bare.directory}`, 'hash-object', '-t', 'commit', '-w', '--stdin'], { input: text });
    const [found] = await facts.commits([made.toString().trim()]);
    assert.deepEqual([found?.author.name, found?.message], ['Jürgen', 'Grüße']);
  });
});
