import assert from 'node:assert/strict';
import { configMap, startWorld, type World } from './world.ts';

describe('the command line against a server', function () {
  this.timeout(20_000);
  let world: World;
  let pushed: Awaited<ReturnType<World['push']>>;
  before(async () => {
    world = await startWorld();
    pushed = await world.push({ 'deploy/webapp.yaml': configMap('second') });
  });
  after(() => world.stop());

  it('traces a push to its outcome by a few characters of its commit', async () => {
    const { code, stdout } = await world.headgate(['trace', pushed.commit.slice(0, 7), '--watch']);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^org\/app {2}refs\/heads\/main {2}[0-9a-f]{12} {2}updated by octocat$/m);
    assert.match(stdout, /^✔ prod: GitRepository\/webapp in apps: applied, [\d.]+ m?s after it was received$/m);
    assert.match(stdout, /allow +by apps changes\[0\]/);
    assert.match(stdout, /^ {4}✔ Kustomization\/webapp in apps: applied at main@sha1:/m);
    assert.match(stdout, /– prod: GitRepository\/webapp-next in apps: other-ref/);
  });

  it('prints an address that opens the pages, once', async () => {
    const { code, stdout } = await world.headgate(['open']);
    assert.equal(code, 0);
    const url = stdout.trim();
    assert.ok(url.startsWith(`${world.server.web.url}/login?code=`));
    const opened = await fetch(url, { redirect: 'manual' });
    assert.deepEqual([opened.status, opened.headers.get('location')], [303, '/']);
    assert.equal((await fetch(url, { redirect: 'manual' })).status, 401);
  });

  it('finds the same story by every name that it has', async () => {
    const { stdout } = await world.headgate(['trace', pushed.guid, '-o', 'json']);
    const { stories } = JSON.parse(stdout);
    assert.equal(stories.length, 1);
    const [story] = stories;
    const names = [pushed.commit, story.change.id, story.delivery.id, story.decisions[0].id, story.reconciles[0].id];
    for (const name of names) {
      const { stdout: text, code } = await world.headgate(['trace', name]);
      assert.equal(code, 0);
      assert.match(text, new RegExp(`change ${story.change.id}`), name);
    }
  });

  it('tells of a delivery that is ignored why it is', async () => {
    const guid = await world.send('star', { action: 'created', repository: { full_name: 'org/app' } });
    const { stdout, code } = await world.headgate(['trace', guid]);
    assert.equal(code, 0);
    assert.match(stdout, /^– ignored/m);
  });

  it('says what to look at when nothing is known of a name', async () => {
    const { stdout, stderr, code } = await world.headgate(['trace', 'feedfacefeed']);
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(stderr, /nothing is known of feedfacefeed \[NOT_FOUND\]\n.*headgate get deliveries/);
  });

  const lists: readonly (readonly [string, RegExp])[] = [
    ['deliveries', /^AGE +DELIVERY +SOURCE +EVENT +STATE .*\n.* hub +(push|star) +(done|ignored)/],
    ['changes', /^AGE +CHANGE +.*\n.* hub +org\/app +refs\/heads\/main +updated/],
    ['decisions', /prod\/GitRepository\/apps\/webapp +allow +apps changes\[0\]/],
    ['reconciles', /prod\/GitRepository\/apps\/webapp +[0-9a-f]{12} +ended +applied/],
    ['targets', /prod\/GitRepository\/apps\/webapp +refs\/heads\/main +main@sha1:[0-9a-f]{40} +applied +false +Kustomization\/webapp/],
    ['policies', /apps +enforce +advisory +.*apps\.yaml:1:1/],
  ];
  for (const [what, pattern] of lists) {
    it(`lists ${what} as a table, wide, JSON and YAML`, async () => {
      const table = await world.headgate(['get', what]);
      assert.equal(table.code, 0, table.stderr);
      assert.match(table.stdout, pattern);
      const wide = await world.headgate(['get', what, '-o', 'wide']);
      assert.ok((wide.stdout.split('\n')[0] ?? '').length >= (table.stdout.split('\n')[0] ?? '').length);
      const json = await world.headgate(['get', what, '-o', 'json']);
      assert.ok(JSON.parse(json.stdout).items.length > 0);
      const yaml = await world.headgate(['get', what, '-o', 'yaml']);
      assert.match(yaml.stdout, /^items:\n {2}- /);
    });
  }

  it('filters on the server and says when nothing fits', async () => {
    const { stdout, stderr, code } = await world.headgate(['get', 'deliveries', '--state', 'dead', '--since', '1h']);
    assert.deepEqual([code, stdout], [0, '']);
    assert.match(stderr, /no deliveries that fit/);
    const ignored = await world.headgate(['get', 'deliveries', '--state', 'ignored', '-o', 'json']);
    assert.deepEqual(
      JSON.parse(ignored.stdout).items.map((item: { event: string }) => item.event),
      ['star'],
    );
  });

  it('passes on what the server says about a filter that it does not understand', async () => {
    const { stderr, code } = await world.headgate(['get', 'changes', '--revision', 'xyz']);
    assert.equal(code, 2);
    assert.match(stderr, /revision: must be 4 to 64 lower-case hex digits \[REQUEST_INVALID\]/);
  });

  it('says that there is more than was asked for', async () => {
    const { stdout, stderr } = await world.headgate(['get', 'deliveries', '--limit', '1']);
    assert.equal(stdout.trimEnd().split('\n').length, 2);
    assert.match(stderr, /there are more; --limit 10/);
  });

  it('watches: prints what there is, then what is new, until it is interrupted', async () => {
    const stop = new AbortController();
    const next: { commit?: string } = {};
    const { stdout, code } = await world.headgate(['get', 'changes', '--watch', '-o', 'json'], {
      signal: stop.signal,
      onOutput(text) {
        if (next.commit === undefined) {
          next.commit = '';
          void world.push({ 'deploy/webapp.yaml': configMap('third') }).then(({ commit }) => (next.commit = commit));
        } else if (next.commit !== '' && text.includes(next.commit)) stop.abort();
      },
    });
    assert.equal(code, 0);
    const revisions = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).revision);
    assert.deepEqual([revisions[0], revisions.at(-1)], [pushed.commit, next.commit]);
  });

  it('reconciles on request, waits for the outcome, and tells its story', async () => {
    const { stdout, stderr, code } = await world.headgate([
      'reconcile',
      'GitRepository/webapp',
      '-n',
      'apps',
      '--cluster',
      'prod',
      '--force',
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^org\/app {2}refs\/heads\/main {2}head {2}requested by operator$/m);
    assert.match(stdout, /^✔ prod: GitRepository\/webapp in apps: applied/m);
    assert.match(stderr, /^► asking http.* to reconcile GitRepository\/webapp in apps of prod\n✔ done\n$/);
  });

  it('takes a consumer to mean its source', async () => {
    const { stdout, code } = await world.headgate(['reconcile', 'Kustomization/webapp', '-n', 'apps', '--cluster', 'prod', '--wait', '0s']);
    assert.equal(code, 0);
    assert.match(stdout, /prod: GitRepository\/webapp in apps/);
  });

  it('ends with 1 and the way to the reasons when policy denies a request', async () => {
    const { stderr, code } = await world.headgate(['reconcile', 'GitRepository/webapp-next', '-n', 'apps', '--cluster', 'prod']);
    assert.equal(code, 1);
    assert.match(stderr, /\[DENIED\]\n {2}`headgate trace dec_/);
    const decision = /trace (dec_\w+)/.exec(stderr)?.[1] ?? '';
    const { stdout } = await world.headgate(['trace', decision]);
    assert.match(stdout, /^✗ prod: GitRepository\/webapp-next in apps: denied$/m);
  });

  it('ends with 3 when there is no such object', async () => {
    const { stderr, code } = await world.headgate(['reconcile', 'GitRepository/missing', '-n', 'apps', '--cluster', 'prod']);
    assert.equal(code, 3);
    assert.match(stderr, /headgate get targets/);
  });

  it('checks a server that is well', async () => {
    const { stdout, code } = await world.headgate(['check']);
    assert.equal(code, 0, stdout);
    for (const pattern of [
      /^► server\n✔ version/m,
      /^► journal\n✔ writable/m,
      /^► cluster prod\n✔ in sight, objects: \d+$/m,
      /^✔ all rights that are needed/m,
      /^► source hub\n! github; changes are not confirmed/m,
    ]) {
      assert.match(stdout, pattern);
    }
  });

  it('checks a server whose cluster does not let it do what it needs', async () => {
    world.cluster.refuse('patch', 'GitRepository');
    try {
      const { stdout, stderr, code } = await world.headgate(['check']);
      assert.equal(code, 1, stdout);
      assert.match(stdout, /^✗ may not patch gitrepositories\.source\.toolkit\.fluxcd\.io\n.*Flux still polls.*\n.*deploy\/rbac\.yaml/m);
      assert.match(stderr, /✗ to be mended: 1/);
    } finally {
      world.cluster.allow('patch', 'GitRepository');
    }
  });

  it('ends with 4 and the way to a token without one', async () => {
    const { stderr, code } = await world.headgate(['get', 'changes'], { env: { HEADGATE_TOKEN: '' } });
    assert.equal(code, 4);
    assert.match(stderr, /\[UNAUTHENTICATED\]\n.*operator\.token/);
  });

  it('checks before a start that the addresses are free', async () => {
    const { stdout, code } = await world.headgate(['check', '--pre']);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^► config\n✔ .*headgate\.yaml: sources: hub; clusters: prod\n✔ policies: apps$/m);
    assert.match(stdout, /^► cluster prod\n✔ the API server answers$/m);
    assert.match(stdout, /^✔ webhook secret, file .*secret: readable, written \d+s ago$/m);
  });

  it('checks one source alone, on a server and before a start', async () => {
    for (const more of [[], ['--pre']]) {
      const { stdout, code } = await world.headgate(['check', ...more, '--source', 'hub']);
      assert.equal(code, 0, stdout);
      assert.deepEqual(stdout.match(/^► .*$/gm), ['► source hub']);
    }
    const { stderr, code } = await world.headgate(['check', '--source', 'review']);
    assert.equal(code, 3);
    assert.match(stderr, /no source review is configured/);
    assert.match(stderr, /There is: hub\./);
    const before = await world.headgate(['check', '--pre', '--source', 'review']);
    assert.equal(before.code, 1);
    assert.match(before.stdout, /^✗ no source review is configured\n.*\n.*There is: hub\./m);
  });

  it('prints findings for programs, too', async () => {
    const { stdout, code } = await world.headgate(['check', '-o', 'json']);
    assert.equal(code, 0);
    const { findings } = JSON.parse(stdout) as { findings: readonly { code: string; severity: string }[] };
    assert.ok(findings.some(({ code, severity }) => code === 'JOURNAL_WRITABLE' && severity === 'good'));
    const yaml = await world.headgate(['check', '-o', 'yaml']);
    assert.match(yaml.stdout, /^findings:\n {2}- code: SERVER_RUNNING$/m);
  });
});
