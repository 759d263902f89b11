import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createStatusFeedback, type StatusFeedbackOptions } from '#adapters/github/feedback.ts';
import type { Change } from '#core/change.ts';
import type { News, NewsKind, Sink } from '#core/ports/sink.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { sampleChange, sampleReconcile, sha, target } from '../../handlers/samples.ts';
import { REPOSITORY, startApiWorld, TOKEN, type ApiWorld } from './api-world.ts';
import { sampleDecision, sampleStory } from './stories.ts';

describe('commit statuses', function () {
  this.timeout(30_000);
  let world: ApiWorld;
  let clock: SimulatedClock;
  let commit: string;

  beforeEach(async () => {
    clock = new SimulatedClock();
    world = await startApiWorld(clock);
    await world.github.createRepository(REPOSITORY);
    commit = (await world.github.push({ repository: REPOSITORY, files: { a: '1' } })).after ?? '';
  });
  afterEach(() => world.stop());

  function sinkOf(more: Partial<StatusFeedbackOptions> = {}): Sink {
    const { client } = world.access();
    return createStatusFeedback({ source: 'hub', client, clock, prefix: 'headgate', pageOf: () => null, ...more });
  }
  /** News of one target that moves these namespaces. */
  function news(kind: NewsKind, change: Partial<Change> = {}, namespaces: readonly string[] = ['apps']): News {
    const decision = sampleDecision({ verdict: kind === 'denied' ? 'deny' : 'allow', facts: { namespaces } });
    const fates = { applied: { state: 'ended', outcome: 'applied' }, failed: { outcome: 'failed', reason: 'BuildFailed' } } as const;
    const fate = kind === 'applied' || kind === 'failed' ? fates[kind] : {};
    const reconcile = kind === 'denied' ? null : sampleReconcile(fate);
    const story = sampleStory({
      change: sampleChange({ revision: commit, after: commit, ...change }),
      decisions: [decision],
      reconciles: reconcile ? [reconcile] : [],
    });
    return { id: `${kind} 1`, kind, at: 1_000, target, decision, reconcile, story };
  }
  /** What GitHub has, newest first. */
  const there = (repository = REPOSITORY) =>
    world.github.rest.statuses(repository, commit).map(({ context, state, description }) => `${context} ${state} ${description}`);

  it('show on the commit what came of it, step by step', async () => {
    const sink = sinkOf();
    for (const kind of ['allowed', 'failed', 'applied'] as const) await sink.tell(news(kind));
    assert.deepEqual(there(), [
      'headgate/prod/apps success applied',
      'headgate/prod/apps failure failed (BuildFailed), Flux tries again',
      'headgate/prod/apps pending allowed, on its way',
    ]);
  });

  it('lead to the page of the change where there is an address for it', async () => {
    await sinkOf({ pageOf: ({ id }) => `https://gate.example/changes/${id}` }).tell(news('denied'));
    await sinkOf().tell(news('allowed'));
    assert.deepEqual(
      world.github.rest.statuses(REPOSITORY, commit).map(({ targetUrl }) => targetUrl),
      [null, 'https://gate.example/changes/chg_1'],
    );
  });

  it('are sent once for each namespace, and not again while nothing has changed', async () => {
    const sink = sinkOf();
    await sink.tell(news('allowed', {}, ['apps', 'jobs']));
    await sink.tell(news('allowed', {}, ['apps', 'jobs']));
    assert.deepEqual(there(), ['headgate/prod/jobs pending allowed, on its way', 'headgate/prod/apps pending allowed, on its way']);
    await sink.tell(news('applied'));
    await sink.tell(news('allowed'));
    assert.equal(there().length, 4, 'what was sent before the last one is sent again');
  });

  it('are wanted of changes of their own source that have a commit', () => {
    const sink = sinkOf();
    assert.equal(sink.wants(news('denied')), true);
    assert.equal(sink.wants(news('superseded')), true);
    assert.equal(sink.wants(news('triggered')), false, 'it is pending before and after');
    assert.equal(sink.wants(news('denied', { source: 'other' })), false);
    assert.equal(sink.wants(news('denied', { action: 'deleted' })), false);
    assert.equal(sink.wants(news('denied', { revision: null })), false);
    assert.equal(sink.wants(news('denied', { revision: 'main' })), false);
  });

  it('go to a repository by the name that it had', async () => {
    world.github.renameRepository(REPOSITORY, 'org/renamed');
    await sinkOf().tell(news('applied'));
    assert.deepEqual(there('org/renamed'), ['headgate/prod/apps success applied']);
  });

  it('are refused for good where GitHub has no such commit or repository, or the name leads elsewhere', async () => {
    const sink = sinkOf();
    await assert.rejects(sink.tell(news('applied', { revision: sha('d') })), { code: 'SINK_REFUSED', message: /422 No commit found/ });
    await assert.rejects(sink.tell(news('applied', { repository: 'org/none' })), {
      code: 'SINK_REFUSED',
      message: /404 Not Found; it takes/,
    });
    world.github.rest.forget();
    for (const repository of ['org/../x', '../app', 'org/app?x', 'org/app/hooks'])
      await assert.rejects(sink.tell(news('applied', { repository })), { code: 'SINK_REFUSED', message: /no repository of GitHub/ });
    assert.deepEqual(world.asked(), []);
  });

  it('are refused for good without the right, which is named', async () => {
    world.github.rest.revoke(TOKEN);
    world.github.rest.addToken(TOKEN, { scopes: ['read:org'] });
    await assert.rejects(sinkOf().tell(news('applied')), {
      code: 'SINK_REFUSED',
      message: `org/app: no status for ${commit}: GitHub answers 404 Not Found; it takes the right statuses=write, or the scope repo:status`,
    });
    world.github.rest.addToken('ghp_statusesOnly', { scopes: ['repo:status'] });
    world.token = 'ghp_statusesOnly';
    await sinkOf({ client: world.access().client }).tell(news('applied'));
    assert.equal(there().length, 1);
  });

  it('are sent as an App, whose installation may or may not', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const app = { slug: 'headgate', publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
    world.github.rest.addApp({ ...app, id: 7, installations: [70] });
    world.github.rest.addApp({ ...app, id: 8, installations: [80], permissions: { contents: 'read' } });
    const secret = () => Buffer.from(privateKey.export({ type: 'pkcs1', format: 'pem' }));
    const as = (id: number) =>
      sinkOf({ client: world.access({ secret, api: { app: { id, installation: id * 10, key: { file: 'key.pem' } } } }).client });
    await as(7).tell(news('applied'));
    assert.deepEqual(there(), ['headgate/prod/apps success applied']);
    await assert.rejects(as(8).tell(news('applied')), {
      code: 'SINK_REFUSED',
      message: /403 Resource not accessible by integration; it takes the right statuses=write/,
    });
  });

  it('wait as long as GitHub says, and are not remembered as sent', async () => {
    const sink = sinkOf();
    world.github.rest.faults.next({ kind: 'secondary', retryAfter: 90 });
    await assert.rejects(sink.tell(news('applied')), { code: 'SOURCE_LIMITED', retryAfter: 90_000 });
    await clock.advance(90_000);
    await sink.tell(news('applied'));
    assert.deepEqual(there(), ['headgate/prod/apps success applied']);
  });

  it('are sent no faster than GitHub bears, so that what confirms changes is not shut out', async () => {
    const sink = sinkOf();
    const many = Array.from({ length: 20 }, (_, index) => `n${index}`);
    const others = many.map((name) => `other-${name}`);
    await sink.tell(news('applied', {}, many));
    await sink.tell(news('applied', {}, others));
    await assert.rejects(sink.tell(news('applied')), { code: 'SOURCE_LIMITED', retryAfter: 8_000 });
    await clock.advance(8_000);
    await sink.tell(news('applied'));
    assert.equal(there().length, 41);
    await assert.rejects(sink.tell(news('allowed')), { code: 'SOURCE_LIMITED', retryAfter: 8_000 });
  });
});
