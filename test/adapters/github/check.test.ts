import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';
import { createGithubCheck, type GithubCheckOptions } from '#adapters/github/check/check-source.ts';
import type { RestAnswer } from '#adapters/github/client.ts';
import type { GithubApiAccess } from '#adapters/github/open-api.ts';
import { githubSource } from '#adapters/github/schema.ts';
import { systemClock } from '#core/clock.ts';
import type { Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import type { SourceCheckQuestion } from '#core/ports/source-adapter.ts';
import { REPOSITORY, startApiWorld, TOKEN, type ApiWorld } from './api-world.ts';

const day = 24 * 60 * 60_000;
const shown = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ code, severity, message }) => `${severity} ${code} ${message}`);
const wrong = (findings: readonly Finding[]): readonly Finding[] => findings.filter(({ severity }) => severity !== 'good');

const source = (more: object = {}) =>
  githubSource(z.strictObject({})).parse({
    name: 'hub',
    type: 'github',
    webhook: { secrets: [{ env: 'WEBHOOK' }] },
    api: { token: { env: 'TOKEN' } },
    ...more,
  });

interface Asking extends Partial<GithubCheckOptions> {
  readonly repositories?: readonly string[];
  readonly lastReceivedAt?: SourceCheckQuestion['lastReceivedAt'];
}

function run(access: GithubApiAccess | undefined, { repositories = [REPOSITORY], lastReceivedAt, ...over }: Asking = {}) {
  const secret = (): Buffer => Buffer.from('a-secret-of-some-length');
  const check = createGithubCheck({ source: source(), by: 'api', secret, clock: systemClock, access, ...over });
  return check({ repositories, refs: [], lastReceivedAt });
}

describe('a check of a GitHub source', function () {
  this.timeout(30_000);
  let world: ApiWorld;
  beforeEach(async () => {
    world = await startApiWorld();
    await world.github.createRepository(REPOSITORY);
    world.github.setWebhook({ url: 'http://127.0.0.1:1/hooks/hub', secret: 'a-secret' });
    await world.github.push({ repository: REPOSITORY, files: { a: '1' } });
    world.github.rest.faults.clear();
  });
  afterEach(() => world.stop());

  const check = (asking: Asking = {}): Promise<readonly Finding[]> => run(world.access({ secret: () => Buffer.from(world.token) }), asking);

  it('names account, scopes, limit, rights, repositories and webhooks, in a bounded number of requests', async () => {
    world.asked();
    const lines = shown(await check({ lastReceivedAt: Date.now() - 5_000 })).join('\n');
    for (const line of [
      /^good SOURCE_READ_BACK github; changes are confirmed by its API$/m,
      /^good SECRET webhook secret, environment variable WEBHOOK: set/m,
      /^good SOURCE_REACHABLE/m,
      /^good SOURCE_CLOCK clock: agrees with ours$/m,
      /^good SOURCE_LIMIT rate limit: \d+ of 5000 requests are left/m,
      /^good SOURCE_CREDENTIAL token of octocat, scopes: repo; it names no expiry$/m,
      /^good SOURCE_REPOSITORY followed repositories that the credentials see: 1$/m,
      /^good SOURCE_RIGHT rights, tried on org\/app: Contents: read, Pull requests: read, Checks: read$/m,
      /^good SOURCE_HEARD its last webhook was journalled 5s ago$/m,
    ])
      assert.match(lines, line);
    // Nothing listens where the webhook leads.
    assert.match(lines, /^(good|warning) SOURCE_WEBHOOK webhook of org\/app/m);
    const asked = world.asked();
    assert.ok(asked.length <= 10, asked.join('\n'));
    assert.ok(
      asked.every((request) => request.startsWith('GET ')),
      'nothing is written',
    );
  });

  it('says that the token is refused, and what waits then', async () => {
    world.token = 'ghp_somethingElseAltogether';
    const [found] = wrong(await check());
    assert.match(shown(found ? [found] : [])[0] ?? '', /^bad SOURCE_REACHABLE hub refuses the credentials: Bad credentials$/);
    assert.match(found?.without ?? '', /pending/);
    assert.match(found?.mend ?? '', /rotate-secrets/);
  });

  it('says that a token expires soon, or of a fine-grained one that its right to write statuses is not told', async () => {
    world.github.rest.addToken(TOKEN, { scopes: null, expiresAt: Date.now() + 3 * day });
    const found = wrong(await check({ source: source({ feedback: { statuses: {} } }) }));
    assert.match(shown(found).join('\n'), /^warning SOURCE_CREDENTIAL token of octocat: expires in .*$/m);
    assert.match(shown(found).join('\n'), /^unknown SOURCE_RIGHT whether it may: Commit statuses: write/m);
  });

  it('says which scope is missing to write statuses', async () => {
    world.github.rest.addToken(TOKEN, { scopes: ['read:org'] });
    const found = wrong(await check({ source: source({ feedback: { statuses: {} } }) }));
    assert.match(shown(found).join('\n'), /^warning SOURCE_RIGHT may not: Commit statuses: write$/m);
  });

  it('says which followed repositories the credentials do not see, and which have another name now', async () => {
    world.github.renameRepository(REPOSITORY, 'org/web');
    const found = await check({ repositories: [REPOSITORY, 'org/secret', '../x'] });
    const lines = shown(wrong(found)).join('\n');
    assert.match(lines, /^bad SOURCE_REPOSITORY followed, but the credentials do not see: org\/secret \(404 Not Found\), "\.\.\/x"$/m);
    assert.match(lines, /^warning SOURCE_REPOSITORY org\/app is called org\/web now$/m);
  });

  it('looks at no more repositories than it may, and says so', async () => {
    const many = Array.from({ length: limits.check.repositories + 3 }, (_, index) => (index === 0 ? REPOSITORY : `org/none-${index}`));
    assert.match(shown(await check({ repositories: many })).join('\n'), /credentials see: 1; not looked at: 3$/m);
  });

  it('says which right is missing', async () => {
    world.github.rest.faults.next({ kind: 'status', status: 403 }, { path: '/check-runs' });
    const found = wrong(await check()).filter(({ code }) => code === 'SOURCE_RIGHT');
    assert.match(shown(found).join('\n'), /^warning SOURCE_RIGHT may not: Checks: read \(.*\)$/);
    assert.match(found[0]?.without ?? '', /policy that asks for them denies/);
  });

  it('says that no webhook leads here, or that they may not be read', async () => {
    world.github.setWebhook(undefined);
    assert.match(shown(await check()).join('\n'), /^warning SOURCE_WEBHOOK no webhook leads to \/hooks\/hub from org\/app$/m);
    world.github.rest.faults.next({ kind: 'status', status: 403 }, { path: '/repos/org/app/hooks' });
    assert.match(shown(await check()).join('\n'), /^unknown SOURCE_WEBHOOK webhooks may not all be read: org\/app$/m);
  });

  it('says that no webhook has come, or none for long', async () => {
    const heard = async (lastReceivedAt: number | null): Promise<string> => shown(await check({ lastReceivedAt })).join('\n');
    assert.match(await heard(null), /^warning SOURCE_HEARD no webhook of it has come yet$/m);
    assert.match(await heard(Date.now() - 10 * day), /^warning SOURCE_HEARD .* 10d ago$/m);
    assert.doesNotMatch(shown(await check()).join('\n'), /SOURCE_HEARD/);
  });

  it('says that nothing is known to be followed', async () => {
    assert.match(shown(await check({ repositories: [] })).join('\n'), /^unknown SOURCE_REPOSITORY no repository/m);
  });

  it('says how changes are confirmed without credentials', async () => {
    assert.match(shown(await run(undefined, { by: 'none' })).join('\n'), /^warning SOURCE_READ_BACK .* not confirmed/m);
    assert.match(shown(await run(undefined, { by: 'git' })).join('\n'), /^good SOURCE_READ_BACK .* by git/m);
  });

  describe('with a GitHub App', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const key = privateKey.export({ type: 'pkcs1', format: 'pem' });
    const app = (installation: number) => ({ id: 77, installation, key: { env: 'KEY' } });
    const asApp = (installation = 5): Promise<readonly Finding[]> => {
      const api = { app: app(installation) };
      return run(world.access({ api, secret: () => Buffer.from(key) }), { source: source({ api, feedback: { statuses: {} } }) });
    };
    beforeEach(() =>
      world.github.rest.addApp({
        id: 77,
        slug: 'headgate',
        publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        installations: [5],
      }),
    );

    it('names it, where it is installed, what it may write, and its webhook', async () => {
      const lines = shown(await asApp()).join('\n');
      assert.match(lines, /^good SOURCE_CREDENTIAL GitHub App headgate, installed at acme; its tokens are renewed each hour$/m);
      assert.match(lines, /^good SOURCE_RIGHT may: Commit statuses: write$/m);
      assert.match(lines, /^good SOURCE_WEBHOOK webhook of the App: active, sends pushes$/m);
    });

    it('says that there is no such installation', async () => {
      assert.match(shown(wrong(await asApp(6))).join('\n'), /^bad SOURCE_REACHABLE .*no token for installation 6/m);
    });
  });
});

describe('a check of webhooks', () => {
  const good = {
    active: true,
    events: ['push'],
    config: { url: 'https://gate.example/hooks/hub', content_type: 'json', insecure_ssl: '0' },
    last_response: { code: 202, message: 'OK' },
  };
  const answers = (hook: object): Readonly<Record<string, unknown>> => ({
    'GET /rate_limit': { resources: { core: { limit: 5_000, remaining: 400, reset: Math.floor(Date.now() / 1_000) + 60 } } },
    'GET /user': { login: 'octocat' },
    'GET /repos/{owner}/{repo}': { full_name: 'org/app', default_branch: 'main', owner: { type: 'User' } },
    'GET /repos/{owner}/{repo}/hooks': [hook],
  });
  const look = async (hook: object, date = new Date().toUTCString()): Promise<string> => {
    const known = answers(hook);
    const header = (name: string): string | undefined => (name === 'date' ? date : undefined);
    const send = (route: string): Promise<RestAnswer> =>
      Promise.resolve({ status: 200, data: known[route] ?? {}, message: '', header, url: '' });
    const access = { client: { send }, asApp: undefined } as unknown as GithubApiAccess;
    return shown(await run(access, { repositories: ['org/app'] })).join('\n');
  };

  it('finds one good that is', async () => {
    assert.match(await look(good), /^good SOURCE_WEBHOOK webhook of org\/app: active, sends pushes; its last delivery was answered 202$/m);
  });

  const cases: readonly (readonly [string, object, RegExp])[] = [
    ['is switched off', { active: false }, /^warning SOURCE_WEBHOOK webhook of org\/app is switched off$/m],
    ['sends no pushes', { events: ['issues'] }, /^warning SOURCE_WEBHOOK .* does not send pushes$/m],
    [
      'trusts any certificate',
      { config: { ...good.config, insecure_ssl: '1' } },
      /^warning SOURCE_WEBHOOK .* does not verify our certificate$/m,
    ],
    [
      'was refused',
      { last_response: { code: 401, message: 'Unauthorized' } },
      /^warning SOURCE_WEBHOOK .* got 401 Unauthorized for its last delivery$/m,
    ],
    [
      'leads elsewhere',
      { config: { ...good.config, url: 'https://gate.example/hooks/other' } },
      /^warning SOURCE_WEBHOOK no webhook leads to \/hooks\/hub/m,
    ],
  ];
  for (const [what, change, line] of cases)
    it(`says of one that it ${what}`, async () => assert.match(await look({ ...good, ...change }), line));

  it('warns of a rate limit that is nearly used up, and of clocks that differ', async () => {
    assert.match(await look(good), /^warning SOURCE_LIMIT rate limit: 400 of 5000/m);
    assert.match(await look(good, new Date(Date.now() - day).toUTCString()), /^warning SOURCE_CLOCK clock: .* behind ours$/m);
  });
});
