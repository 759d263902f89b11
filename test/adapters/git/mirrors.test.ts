import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { limits } from '#core/limits.ts';
import { History } from '../../conformance/read-back/history.ts';
import { startGitHost, type GitHost } from './git-host.ts';
import { MAIN, mirrorsOf, readBackOf, twoCommits } from './subject.ts';

describe('the mirrors of git', function () {
  this.timeout(60_000);
  let host: GitHost;
  beforeEach(async () => {
    host = await startGitHost();
  });
  afterEach(() => host.stop());

  const unreachable = { code: 'SOURCE_UNREACHABLE' };
  const mirrors = (): Promise<string[]> => readdir(mirrorsOf(host));

  async function files(pattern: RegExp): Promise<readonly string[]> {
    const found = await readdir(mirrorsOf(host), { recursive: true });
    return found.filter((file) => pattern.test(file)).map((file) => join(mirrorsOf(host), file));
  }

  it('are not needed for heads and tags', async () => {
    await twoCommits(host, 'org/app');
    await readBackOf(host).heads('org/app', [MAIN]);
    await readBackOf(host).tags('org/app');
    await assert.rejects(mirrors(), { code: 'ENOENT' });
  });

  it('hold no content of files, and answer without the server what they know', async () => {
    const { history, first, second } = await twoCommits(host, 'org/app');
    const readBack = readBackOf(host);
    await readBack.range('org/app', first, second);
    const blob = (await history.git('rev-parse', `${second}:a`)).trim();
    const [mirror = ''] = await mirrors();
    const local = new History(join(mirrorsOf(host), mirror));
    await assert.rejects(local.git('cat-file', '-e', blob));
    await local.git('cat-file', '-e', `${second}^{tree}`);
    const asked = host.requests.length;
    assert.equal(await readBack.isAncestor('org/app', first, second), true);
    assert.equal(host.requests.length, asked);
  });

  it('lie where they should, also when the directory is named from here', async () => {
    const { first, second } = await twoCommits(host, 'org/app');
    const readBack = readBackOf(host, { directory: relative(process.cwd(), mirrorsOf(host)) });
    assert.equal(await readBack.isAncestor('org/app', first, second), true);
    assert.equal((await mirrors()).length, 1);
  });

  it('hold no credentials', async () => {
    const { first, second } = await twoCommits(host, 'org/app');
    host.credentials = 'reader:geheimnis';
    const credentials = { kind: 'password', username: 'reader', password: () => 'geheimnis' } as const;
    await readBackOf(host, { credentials }).range('org/app', first, second);
    const [config = ''] = await files(/\/config$/);
    assert.doesNotMatch(await readFile(config, 'utf8'), /remote|http|geheim/);
  });

  it('are fetched whole from a server that knows no filters', async () => {
    const { history, first, second } = await twoCommits(host, 'org/app');
    await history.git('config', 'uploadpack.allowFilter', 'false');
    assert.deepEqual((await readBackOf(host).range('org/app', first, second)).files, ['a', 'b']);
  });

  it('are kept for repositories with SHA-256 too', async () => {
    const directory = await host.createRepository('org/sha256');
    const history = new History(directory);
    await history.git('init', '--quiet', '--bare', '--object-format=sha256', `${directory}/sha256.git`);
    const inner = new History(`${directory}/sha256.git`);
    const tree = await inner.tree([]);
    const one = (await inner.git('commit-tree', '-m', 'one', tree)).trim();
    const two = (await inner.git('commit-tree', '-m', 'two', '-p', one, tree)).trim();
    await inner.git('update-ref', MAIN, two);
    const readBack = readBackOf(host, { cloneUrl: () => `${host.url}/org/sha256.git/sha256.git` });
    assert.equal((await readBack.heads('org/sha256', [MAIN])).get(MAIN)?.commit, two);
    assert.equal(await readBack.isAncestor('org/sha256', one, two), true);
  });

  it('take old histories with harmless faults, and submodules', async () => {
    const { history, second } = await twoCommits(host, 'org/app');
    const modules = '[submodule "x"]\n\tpath = x\n\turl = https://example.com/x\n';
    const commit = await history.one('refs/heads/modules', { '.gitmodules': modules }, second);
    const blob = (await history.git('rev-parse', `${commit}:.gitmodules`)).trim();
    const tree = await history.tree([`100644 blob ${blob}\t.gitmodules`, `160000 commit ${second}\tx`]);
    const linked = (await history.git('commit-tree', '-m', 'submodule', '-p', second, tree)).trim();
    await history.git('update-ref', 'refs/heads/linked', linked);
    assert.deepEqual((await readBackOf(host).range('org/app', second, linked)).files, ['.gitmodules', 'a', 'b', 'x']);
  });

  it('know 20,000 files of one range', async () => {
    const { history, second } = await twoCommits(host, 'org/app');
    const names = Array.from({ length: 20_000 }, (_, index) => `apps/team-${index % 100}/${index}.yaml`);
    const head = await history.one('refs/heads/many', Object.fromEntries(names.map((name) => [name, ''])), second);
    const { files: found, lacked } = await readBackOf(host).range('org/app', second, head);
    assert.deepEqual(found, names.toSorted());
    assert.deepEqual(lacked, ['pulls', 'reviews', 'checks']);
  });

  it('say that files are lacking beyond the bound', async () => {
    const { history, second } = await twoCommits(host, 'org/app');
    const names = Array.from({ length: limits.git.files + 1 }, (_, index) => `${index % 300}/${index}`);
    const head = await history.one('refs/heads/many', Object.fromEntries(names.map((name) => [name, ''])), second);
    const { files: found, lacked } = await readBackOf(host).range('org/app', second, head);
    assert.equal(found.length, limits.git.files);
    assert.ok(lacked.includes('files'));
  });

  it('say that a file is lacking whose name is no text', async () => {
    const { history, second } = await twoCommits(host, 'org/app');
    const blob = (await history.git('rev-parse', `${second}:a`)).trim();
    const tree = await history.tree([Buffer.from(`100644 blob ${blob}\tgood`), Buffer.from(`100644 blob ${blob}\tbad\xff`, 'latin1')]);
    const head = (await history.git('commit-tree', '-m', 'bytes', '-p', second, tree)).trim();
    await history.git('update-ref', 'refs/heads/bytes', head);
    const { files: found, lacked } = await readBackOf(host).range('org/app', second, head);
    assert.deepEqual(found, ['a', 'b', 'good']);
    assert.ok(lacked.includes('files'));
  });

  it('name the newest commits when there are too many, and count them all', async () => {
    const { history, second } = await twoCommits(host, 'org/app');
    const specs = Array.from({ length: limits.git.commits + 2 }, (_, index) => ({ files: { a: String(index) } }));
    const made = await history.commit('refs/heads/long', specs, second);
    const { commits, commitCount, lacked } = await readBackOf(host).range('org/app', second, made.at(-1) ?? '');
    assert.equal(commitCount, made.length);
    assert.equal(commits.length, limits.git.commits);
    assert.equal(commits[0]?.id, made.at(-1));
    assert.ok(lacked.includes('commits'));
  });

  it('show titles without control characters, at a bounded length', async () => {
    const { history, second } = await twoCommits(host, 'org/app');
    const [head = ''] = await history.commit('refs/heads/titles', [{ files: {}, message: `\u001b[31m${'x'.repeat(5_000)}` }], second);
    const title = (await readBackOf(host).range('org/app', second, head)).commits[0]?.title ?? '';
    assert.equal(title, ` [31m${'x'.repeat(limits.git.titleChars)}`.slice(0, limits.git.titleChars));
  });

  it('make room for each other: who was used least recently goes, and comes back when it is needed', async () => {
    const readBack = readBackOf(host, { mirrorBytes: 3_500 });
    const known = new Map<string, readonly [string, string]>();
    for (const name of ['org/one', 'org/two', 'org/three', 'org/four']) {
      const { first, second } = await twoCommits(host, name);
      known.set(name, [first, second]);
      assert.equal(await readBack.isAncestor(name, first, second), true);
    }
    const left = (await mirrors()).length;
    assert.ok(left >= 1 && left < 4, `${left} mirrors`);
    for (const [name, [first, second]] of known) assert.equal(await readBack.isAncestor(name, first, second), true);
  });

  it('are refused when one repository alone takes more than all may', async () => {
    const { first, second } = await twoCommits(host, 'org/app');
    const readBack = readBackOf(host, { mirrorBytes: 500 });
    await assert.rejects(readBack.isAncestor('org/app', first, second), { ...unreachable, message: /more than/ });
    assert.deepEqual(await mirrors(), []);
  });

  it('are packed anew after many fetches', async () => {
    const { history, first } = await twoCommits(host, 'org/app');
    const readBack = readBackOf(host, { packs: 3 });
    for (let round = 0; round < 8; round++) {
      const head = await history.one(MAIN, { a: `round ${round}` });
      assert.equal(await readBack.isAncestor('org/app', first, head), true);
      const packs = await files(/\.pack$/);
      assert.ok(packs.length <= 4, `${packs.length} packs`);
    }
  });

  it('that are broken are thrown away and fetched anew', async () => {
    const { first, second } = await twoCommits(host, 'org/app');
    const readBack = readBackOf(host);
    await readBack.isAncestor('org/app', first, second);
    for (const file of await files(/\.(pack|idx)$/)) await truncate(file, 40);
    const heal = await readBack.isAncestor('org/app', first, second).catch((error: unknown) => error);
    if (heal !== true) assert.equal((heal as { code?: unknown }).code, 'SOURCE_UNREACHABLE');
    assert.equal(await readBack.isAncestor('org/app', first, second), true);
  });

  it('survive what a killed process left behind', async () => {
    const { history, first, second } = await twoCommits(host, 'org/app');
    await readBackOf(host).isAncestor('org/app', first, second);
    const [mirror = ''] = await mirrors();
    const path = join(mirrorsOf(host), mirror);
    const third = await history.one(MAIN, { a: '3' });
    await writeFile(join(path, 'refs', 'headgate', `${third}.lock`), '');
    await writeFile(join(path, 'objects', 'pack', 'tmp_pack_x'), 'half a pack');
    await mkdir(join(mirrorsOf(host), 'x.git.1.gone'));
    assert.equal(await readBackOf(host).isAncestor('org/app', first, third), true);
    assert.deepEqual(await files(/\.lock$|tmp_|\.gone$/), []);
  });

  it('answer many questions at once', async () => {
    const { history, first } = await twoCommits(host, 'org/app');
    const made = await history.commit(
      MAIN,
      Array.from({ length: 10 }, (_, index) => ({ files: { a: `at ${index}` } })),
    );
    const readBack = readBackOf(host);
    const answers = await Promise.all(made.map((head) => readBack.isAncestor('org/app', first, head)));
    assert.deepEqual(
      answers,
      made.map(() => true),
    );
  });
});
