import assert from 'node:assert/strict';
import { createApiReadBack } from '#adapters/github/read-back.ts';
import type { GithubClient } from '#adapters/github/client.ts';
import { systemClock } from '#core/clock.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import { signedCommit, signedTag } from '#core/signed-object.ts';
import { History } from '../../conformance/read-back/history.ts';
import { samples } from '../../identity/signatures/samples.ts';
import { REPOSITORY, startApiWorld, type ApiWorld } from './api-world.ts';

describe("annotated tags of GitHub's API", function () {
  this.timeout(60_000);
  const tags = samples.objects.filter(({ kind }) => kind === 'tag').slice(0, 3);
  let world: ApiWorld;
  let history: History;

  before(async () => {
    world = await startApiWorld();
    await world.github.createRepository(REPOSITORY);
    history = new History(world.github.repository(REPOSITORY).directory);
    await history.tree([]);
    for (const { kind, raw } of samples.objects) await history.store(kind, Buffer.from(raw, 'latin1'));
    for (const { id, key } of tags) await history.git('update-ref', `refs/tags/by-${key}`, id);
  });
  after(() => world.stop());

  it('tell what they carry as their signature, as git has it', async () => {
    for (const { id, raw } of tags) {
      const told = (await world.readBack.tag?.(REPOSITORY, id)) ?? assert.fail();
      assert.deepEqual([told.payload, told.signature.trim()], [signedTag(raw)?.payload, signedTag(raw)?.signature.trim()]);
    }
  });

  it('carry nothing when they are not signed, and are unknown when they are none', async () => {
    const commit = await history.one('refs/heads/main', { a: '1' });
    await history.git('tag', '-a', '-m', 'not signed', 'plain', commit);
    assert.equal(await world.readBack.tag?.(REPOSITORY, (await history.git('rev-parse', 'refs/tags/plain')).trim()), null);
    for (const id of [commit, '1'.repeat(40), '../../user']) assert.equal(await world.readBack.tag?.(REPOSITORY, id), undefined, id);
  });

  it('are unknown when what GitHub hands out is not certain to be theirs', async () => {
    const [one, other] = tags;
    const of = (object: { readonly raw: string } | undefined) => signedTag(object?.raw ?? '') ?? assert.fail();
    const answers: readonly object[] = [
      { verification: { ...of(other), verified: true, reason: 'valid' } },
      { verification: { payload: of(one).payload, signature: of(other).signature } },
      {},
    ];
    for (const data of answers) {
      const { client } = world.access();
      const send = async (...asked: Parameters<GithubClient['send']>) => ({ ...(await client.send(...asked)), data });
      const lying = { send } as unknown as GithubClient;
      assert.equal(await createApiReadBack(lying, systemClock).tag?.(REPOSITORY, one?.id ?? ''), undefined);
    }
  });

  it('ask again later when GitHub does not answer', async () => {
    world.github.rest.faults.next({ kind: 'status', status: 401 }, { count: 100 });
    await assert.rejects(world.readBack.tag?.(REPOSITORY, tags[0]?.id ?? '') ?? assert.fail(), { code: 'SOURCE_REFUSED' });
    world.github.rest.faults.clear();
  });
});

describe("signatures of commits of GitHub's API", function () {
  this.timeout(60_000);
  const commits = samples.objects.filter(({ kind }) => kind === 'commit').slice(0, 4);
  const [base, ...made] = commits;
  let world: ApiWorld;

  before(async () => {
    world = await startApiWorld();
    await world.github.createRepository(REPOSITORY);
    const history = new History(world.github.repository(REPOSITORY).directory);
    await history.tree([]);
    for (const { raw } of commits) await history.store('commit', Buffer.from(raw, 'latin1'));
    await history.git('update-ref', 'refs/heads/main', made.at(-1)?.id ?? '');
  });
  after(() => world.stop());

  const question = { ref: 'refs/heads/main', reviews: false, signatures: true, owners: false };
  const signedOf = async (readBack: ReadBack) =>
    (await readBack.range(REPOSITORY, base?.id ?? '', made.at(-1)?.id ?? '', question)).commits.map(({ signed }) => signed);

  it('are those of each commit, as git has them', async () => {
    assert.deepEqual(
      (await signedOf(world.readBack)).map((signed) => signed?.payload),
      made.toReversed().map(({ raw, id }) => signedCommit(raw, id)?.payload),
    );
  });

  it('are none when what GitHub hands out belongs to another commit', async () => {
    const { client } = world.access();
    const stolen = signedCommit(base?.raw ?? '', base?.id ?? '');
    const send = async (...asked: Parameters<GithubClient['send']>) => {
      const answer = await client.send(...asked);
      const { commits: told = [] } = answer.data as { commits?: readonly { commit: object }[] };
      if (told.length === 0) return answer;
      const commits = told.map((each) => ({ ...each, commit: { ...each.commit, verification: { ...stolen, verified: true } } }));
      return { ...answer, data: { ...(answer.data as object), commits } };
    };
    const lying = createApiReadBack({ send } as unknown as GithubClient, systemClock);
    assert.deepEqual(await signedOf(lying), [null, null, null]);
  });
});
