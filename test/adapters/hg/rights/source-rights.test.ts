import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHgrcRights } from '#adapters/hg/rights/source-rights.ts';
import { limits } from '#core/limits.ts';
import type { AccountRights } from '#core/ports/source-rights.ts';

describe('rights that an hgweb gives', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headgate-hgrc-'));
    await mkdir(join(folder, 'team/infra/.hg'), { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function rightsOf(
    account: string,
    files: { readonly all?: string; readonly own?: string },
    repository = 'team/infra',
  ): Promise<AccountRights> {
    const { all, own } = files;
    const file = join(folder, 'hgweb.conf');
    if (all !== undefined) await writeFile(file, all);
    if (own !== undefined) await writeFile(join(folder, 'team/infra/.hg/hgrc'), own);
    const rights = createHgrcRights({ hgrc: all === undefined ? [] : [{ file }], repositories: folder });
    const [told] = await rights.rights({ accounts: [account], refs: [{ repository, ref: 'branch:default' }] });
    return told ?? assert.fail();
  }

  const answers = async (...asked: Parameters<typeof rightsOf>): Promise<readonly string[]> => {
    const { read, push, submit } = await rightsOf(...asked);
    return [read.answer, push.answer, submit.answer];
  };

  it('are to read alone where nothing is said', async () => {
    assert.deepEqual(await answers('alice', {}), ['yes', 'no', 'no']);
    assert.match((await rightsOf('alice', {})).push.why ?? '', /nobody push without web.allow-push/);
  });

  it('are those of allow-push and deny_push, whichever way the first is spelt', async () => {
    for (const name of ['allow-push', 'allow_push']) {
      const all = `[web]\n${name} = alice, bob\n  carol\ndeny_push = bob\n`;
      assert.deepEqual(await answers('alice', { all }), ['yes', 'yes', 'no']);
      assert.deepEqual(await answers('carol', { all }), ['yes', 'yes', 'no']);
      assert.deepEqual(await answers('bob', { all }), ['yes', 'no', 'no']);
      assert.deepEqual(await answers('eve', { all }), ['yes', 'no', 'no']);
    }
    assert.deepEqual(await answers('eve', { all: '[web]\nallow-push = *\n' }), ['yes', 'yes', 'no']);
    assert.deepEqual(await answers('eve', { all: '[web]\nallow-push = *, alice\n' }), ['yes', 'no', 'no']);
  });

  it('take the right to push from whoever may not read', async () => {
    const all = '[web]\nallow-push = *\nallow_read = alice bob\ndeny_read = bob\n';
    assert.deepEqual(await answers('alice', { all }), ['yes', 'yes', 'no']);
    assert.deepEqual(await answers('bob', { all }), ['no', 'no', 'no']);
    assert.deepEqual(await answers('eve', { all }), ['no', 'no', 'no']);
  });

  it("are said last by the repository's own hgrc", async () => {
    const all = '[paths]\n/ = /srv/**\n[web]\nallow-push = alice\n';
    assert.deepEqual(await answers('bob', { all, own: '; comment\n[web]\nallow-push = bob ; eve\n[ui]\nallow-push = eve\n' }), [
      'yes',
      'yes',
      'no',
    ]);
    assert.deepEqual(await answers('alice', { all, own: '[web]\n%unset allow-push\n' }), ['yes', 'no', 'no']);
    assert.deepEqual(await answers('alice', { all, own: '[web]\n# allow-push = eve\n' }), ['yes', 'yes', 'no']);
  });

  it('are not known where it cannot be told', async () => {
    for (const own of ['%include other\n', '[web]\nallow-push = "alice smith"\n', '[web]\nallow-push = alice\nallow_push = bob\n'])
      assert.equal((await rightsOf('alice', { own })).push.answer, 'unknown', own);
    for (const repository of ['absent', '../x', 'team'])
      assert.deepEqual(await answers('alice', {}, repository), ['unknown', 'unknown', 'no'], repository);
    const missing = createHgrcRights({ hgrc: [{ file: join(folder, 'absent') }], repositories: folder });
    const [told] = await missing.rights({ accounts: ['alice'], refs: [{ repository: 'team/infra', ref: 'branch:default' }] });
    assert.match(told?.push.why ?? '', /could not be read: .*ENOENT/);
    assert.match((await rightsOf('alice', { all: ' '.repeat(limits.config.fileBytes + 1) })).push.why ?? '', /is larger/);
  });
});
