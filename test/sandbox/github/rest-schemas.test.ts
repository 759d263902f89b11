import assert from 'node:assert/strict';
import { OpenapiSchemas, type SchemaName } from './openapi-schema.ts';
import { assertSchema, pushes, REPOSITORY, restWorld, type RestWorld } from './rest-world.ts';

describe("the simulated GitHub's REST answers", function () {
  this.timeout(30_000);
  let world: RestWorld;
  let commits: readonly string[];
  let tag: string;

  before(async () => {
    world = await restWorld();
    const { github } = world;
    commits = await pushes(github, 3);
    tag = (await github.tag(REPOSITORY, 'v1', commits[1] ?? '', 'Version 1')).after ?? '';
    const [base = '', , head = ''] = commits;
    github.rest.addPull({
      repository: REPOSITORY,
      user: 'alice',
      head: { ref: 'topic', sha: head },
      base: { ref: 'main', sha: base },
      merged: { sha: head, by: 'bob' },
    });
    github.rest.addReview({ repository: REPOSITORY, pull: 1, user: 'carol', state: 'APPROVED' });
    github.rest.setTeam('org/sre', ['alice', 'bob']);
    github.rest.addCheck({ repository: REPOSITORY, sha: head, name: 'build', conclusion: 'success' });
  });
  after(() => world.stop());

  const get = async (path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${world.github.apiUrl}${filled(path)}`, init);
    return { status: response.status, body: await response.json() };
  };
  const filled = (path: string): string =>
    path
      .replace('{first}', commits[0] ?? '')
      .replace('{last}', commits[2] ?? '')
      .replace('{tag}', tag);
  const repository = `/repos/${REPOSITORY}`;

  const single: readonly [SchemaName, string][] = [
    ['full-repository', repository],
    ['git-ref', `${repository}/git/ref/heads/main`],
    ['git-ref', `${repository}/git/ref/tags/v1`],
    ['git-tag', `${repository}/git/tags/{tag}`],
    ['git-tree', `${repository}/git/trees/{first}?recursive=1`],
    ['commit-comparison', `${repository}/compare/{first}...{last}`],
    ['commit', `${repository}/commits/{last}`],
    ['pull-request', `${repository}/pulls/1`],
    ['rate-limit-overview', '/rate_limit'],
    ['private-user', '/user'],
  ];
  for (const [schema, path] of single) {
    it(`have the shape ${schema} at ${path}`, async () => {
      const { status, body } = await get(path);
      assert.equal(status, 200);
      assertSchema(schema, body);
    });
  }

  const lists: readonly [SchemaName, string][] = [
    ['git-ref', `${repository}/git/matching-refs/tags/`],
    ['pull-request-simple', `${repository}/commits/{last}/pulls`],
    ['pull-request-simple', `${repository}/pulls?state=all`],
    ['commit', `${repository}/pulls/1/commits`],
    ['pull-request-review', `${repository}/pulls/1/reviews`],
    ['simple-user', '/orgs/org/teams/sre/members'],
  ];
  for (const [schema, path] of lists) {
    it(`list ${schema} at ${path}`, async () => {
      const { status, body } = await get(path);
      assert.equal(status, 200);
      assert.ok(Array.isArray(body) && body.length > 0);
      for (const each of body) assertSchema(schema, each);
    });
  }

  it('list check-run, counted', async () => {
    const { body } = await get(`${repository}/commits/main/check-runs`);
    assert.ok(typeof body === 'object' && body !== null && 'check_runs' in body && 'total_count' in body);
    assert.equal(body.total_count, 1);
    assert.ok(Array.isArray(body.check_runs));
    for (const each of body.check_runs) assertSchema('check-run', each);
  });

  it('have the shape status when a commit status is made and listed', async () => {
    const posted = JSON.stringify({
      state: 'success',
      context: 'headgate/prod',
      description: 'applied',
      target_url: 'https://example.com',
    });
    const made = await get(`${repository}/statuses/${commits[2]}`, { method: 'POST', body: posted });
    assert.equal(made.status, 201);
    assertSchema('status', made.body);
    const listed = await get(`${repository}/commits/${commits[2]}/statuses`);
    assert.ok(Array.isArray(listed.body) && listed.body.length === 1);
    assertSchema('status', listed.body[0]);
  });

  it('have the shape combined-commit-status, of the newest of each context', async () => {
    const states = async (): Promise<unknown> => {
      const { body } = await get(`${repository}/commits/{first}/status`);
      assertSchema('combined-commit-status', body);
      const { state, statuses } = body as { state: string; statuses: readonly { context: string; state: string }[] };
      return [state, statuses.map((each) => `${each.context} ${each.state}`).sort()];
    };
    const post = (context: string, state: string) =>
      get(`${repository}/statuses/${commits[0]}`, { method: 'POST', body: JSON.stringify({ context, state }) });
    assert.deepEqual(await states(), ['pending', []]);
    await post('a', 'pending');
    await post('b', 'success');
    assert.deepEqual(await states(), ['pending', ['a pending', 'b success']]);
    await post('a', 'success');
    assert.deepEqual(await states(), ['success', ['a success', 'b success']]);
    await post('b', 'error');
    assert.deepEqual(await states(), ['failure', ['a success', 'b error']]);
  });

  it('have the shape basic-error for what is not there', async () => {
    const { status, body } = await get(`${repository}/git/ref/heads/nope`);
    assert.equal(status, 404);
    assertSchema('basic-error', body);
    assert.deepEqual(body, { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' });
  });

  it('are checked by a check that notices a missing and a wrong field', () => {
    const schemas = new OpenapiSchemas();
    assert.deepEqual(schemas.complaints('hook-response', { code: '200', status: null }), [
      'hook-response.code: number is wanted, not "200"',
      'hook-response.message: is missing',
    ]);
  });
});
