import assert from 'node:assert/strict';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { assertSchema, client, HERE, pushes, REPOSITORY, restWorld, type RestWorld } from './rest-world.ts';

describe("the simulated GitHub's REST API, when it is limited or fails", function () {
  this.timeout(30_000);
  let world: RestWorld;
  let clock: SimulatedClock;
  let sha: string;
  beforeEach(async () => {
    clock = new SimulatedClock();
    world = await restWorld(clock);
    [sha = ''] = await pushes(world.github, 1);
  });
  afterEach(() => world.stop());

  const main = (init: RequestInit = {}): Promise<Response> => fetch(`${world.github.apiUrl}/repos/${REPOSITORY}/git/ref/heads/main`, init);
  const remaining = (answer: Response): string | null => answer.headers.get('x-ratelimit-remaining');

  it('answers 304 to a client that has the answer already, does not count it, and answers anew when the ref has moved', async () => {
    const first = await main();
    const etag = first.headers.get('etag') ?? '';
    assert.match(etag, /^W\/"[0-9a-f]{64}"$/);
    assert.equal(remaining(first), '4999');
    const known = { headers: { 'if-none-match': etag } };
    const again = await main(known);
    assert.deepEqual([again.status, await again.text(), again.headers.get('etag'), remaining(again)], [304, '', etag, '4999']);
    await pushes(world.github, 1);
    assert.equal((await main(known)).status, 200);
  });

  it('refuses when nothing is left of the hour, with either status, and answers again when the hour is over', async () => {
    for (const status of [403, 429] as const) {
      world.github.rest.rateLimit.set(1, { seconds: 60, status });
      assert.equal((await main()).status, 200);
      const refused = await main();
      assert.equal(refused.status, status);
      assert.deepEqual([remaining(refused), refused.headers.get('x-ratelimit-reset')], ['0', String(clock.now() / 1_000 + 60)]);
      const body: unknown = await refused.json();
      assertSchema('basic-error', body);
      const { data } = await world.octokit.rest.rateLimit.get();
      assert.deepEqual([data.resources.core.remaining, data.resources.core.limit], [0, 5_000]);
      clock.jump(60_000);
      assert.equal((await main()).status, 200);
    }
  });

  it('asks to wait by its secondary limit', async () => {
    world.github.rest.faults.next({ kind: 'secondary', retryAfter: 7 });
    const refused = await main();
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [403, '7']);
    assert.match(await refused.text(), /secondary rate limit/);
    assert.equal((await main()).status, 200);
  });

  it('fails so many requests as it is told, only where it is told', async () => {
    const { github, octokit } = world;
    github.rest.faults.next({ kind: 'status', status: 502 }, { count: 2, path: '/git/ref/' });
    assert.equal((await octokit.rest.repos.get(HERE)).status, 200);
    await assert.rejects(octokit.rest.git.getRef({ ...HERE, ref: 'heads/main' }), { status: 502 });
    await assert.rejects(octokit.rest.git.getRef({ ...HERE, ref: 'heads/main' }), { status: 502 });
    assert.equal((await main()).status, 200);
  });

  it('can leave a request without an answer', async () => {
    world.github.rest.faults.next({ kind: 'hang' });
    const gone = new AbortController();
    const asked = assert.rejects(main({ signal: gone.signal }), { name: 'AbortError' });
    while (world.github.rest.requests().length === 0) await new Promise(setImmediate);
    gone.abort();
    await asked;
    assert.equal(world.github.rest.requests()[0]?.status, 0);
  });

  it('can be slow: the answer comes when its time has come', async () => {
    world.github.rest.faults.next({ kind: 'slow', ms: 5_000 });
    const asked = main();
    while (world.github.rest.requests().length === 0) await new Promise(setImmediate);
    await clock.advance(4_999);
    assert.equal(world.github.rest.requests()[0]?.status, 0);
    await clock.advance(1);
    assert.equal((await asked).status, 200);
  });

  it('can cut the connection in the middle of an answer', async () => {
    world.github.rest.faults.next({ kind: 'cut' });
    const answer = await main();
    assert.equal(answer.status, 200);
    await assert.rejects(answer.text());
  });

  it('can pretend for a while not to know a ref or a commit', async () => {
    const { github, octokit } = world;
    github.rest.faults.unseen('refs/heads/main', 2);
    assert.deepEqual([(await main()).status, (await main()).status, (await main()).status], [404, 404, 200]);
    github.rest.faults.unseen(sha, 1);
    await assert.rejects(octokit.rest.repos.compareCommitsWithBasehead({ ...HERE, basehead: `main...${sha}` }), { status: 404 });
    assert.equal((await octokit.rest.repos.compareCommitsWithBasehead({ ...HERE, basehead: `main...${sha}` })).data.status, 'identical');
  });

  it('forgets all faults when told to', async () => {
    world.github.rest.faults.next({ kind: 'status', status: 500 }, { count: 100 });
    world.github.rest.faults.unseen('refs/heads/main', 100);
    world.github.rest.faults.clear();
    assert.equal((await main()).status, 200);
  });

  it('lets in only who has a token, as soon as there is one', async () => {
    const { github } = world;
    github.rest.addToken('ghp_good', { login: 'alice', scopes: ['repo', 'admin:repo_hook'] });
    const user = await client(github, 'ghp_good').rest.users.getAuthenticated();
    assert.deepEqual([user.data.login, user.headers['x-oauth-scopes']], ['alice', 'repo, admin:repo_hook']);
    await assert.rejects(client(github).rest.repos.get(HERE), { status: 401, message: /Requires authentication/ });
    await assert.rejects(client(github, 'ghp_bad').rest.repos.get(HERE), { status: 401, message: /Bad credentials/ });
    github.rest.revoke('ghp_good');
    github.rest.addToken('ghp_other');
    await assert.rejects(client(github, 'ghp_good').rest.repos.get(HERE), { status: 401 });
  });

  it('notes every request until it is told to forget them', async () => {
    const { rest } = world.github;
    await main({ headers: { 'if-none-match': 'W/"x"', authorization: 'Bearer t' } });
    assert.deepEqual(rest.requests(), [
      { method: 'GET', path: `/repos/${REPOSITORY}/git/ref/heads/main`, conditional: true, authorization: 'Bearer t', status: 200 },
    ]);
    rest.forget();
    assert.deepEqual(rest.requests(), []);
  });

  it('answers 404 for endpoints that it does not have, and 400 for a body that is no JSON', async () => {
    assert.equal((await fetch(`${world.github.apiUrl}/nothing`)).status, 404);
    const posted = await fetch(`${world.github.apiUrl}/repos/${REPOSITORY}/statuses/${sha}`, { method: 'POST', body: '{' });
    assert.deepEqual([posted.status, ((await posted.json()) as { message: string }).message], [400, 'Problems parsing JSON']);
    assert.equal((await fetch(`${world.github.apiUrl}/repos/acme/%E0%A4%A`)).status, 400);
  });
});
