import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import { sampleHint, sha } from './samples.ts';
import { openPublished, registryObject, writer, type PublishedFlow } from './published.ts';

describe('deciding what is published', () => {
  let made: PublishedFlow;

  beforeEach(async () => {
    made = await openPublished();
  });
  afterEach(() => made.flow.close());

  const hint = (more = {}) => sampleHint({ repository: 'infra', ref: 'branch:default', ...more });
  const settle = async (more = {}) => {
    const { decisions, reconciles } = await made.flow.settle(hint(more));
    return {
      verdicts: Object.fromEntries(decisions.map(({ target, verdict }) => [`${target.cluster}/${target.name}`, verdict])),
      reasons: decisions.flatMap((decision) => decision.reasons.map(({ code, message }) => `${decision.target.name} ${code}: ${message}`)),
      rules: decisions.map(({ rule }) => rule),
      facts: decisions.map(({ facts }) => facts),
      reconciles: reconciles.length,
    };
  };

  it('allows an artifact whose followers are all allowed, in every cluster', async () => {
    made.flow.clusters.put(registryObject('pay', { tag: 'default' }), [writer('apps')]);
    made.flow.clusters.put(registryObject('pay', { tag: 'default' }, { cluster: 'stage' }), [writer('apps', 'stage')]);
    const { verdicts, facts, reconciles } = await settle();
    assert.deepEqual([verdicts, reconciles], [{ 'prod/pay': 'allow', 'stage/pay': 'allow' }, 2]);
    assert.deepEqual(facts[0]?.['movesWith'], ['stage/OCIRepository/apps/pay']);
    assert.equal(facts[0]?.['publishes'], 'oci://registry.example.com/infra-pay:default');
  });

  it('denies it everywhere when one follower, in whichever cluster, is denied, and says which', async () => {
    made.flow.clusters.put(registryObject('pay', { tag: 'default' }), [writer('apps')]);
    made.flow.clusters.put(registryObject('spy', { tag: 'default' }, { cluster: 'stage' }), [writer('secrets', 'stage')]);
    const { verdicts, reasons, rules, reconciles } = await settle();
    assert.deepEqual([verdicts, reconciles], [{ 'prod/pay': 'deny', 'stage/spy': 'deny' }, 0]);
    assert.deepEqual(rules, ['together', 'default']);
    assert.match(
      reasons[0] ?? '',
      /^pay moves-with: stage\/OCIRepository\/apps\/spy follows the same artifact .* denied there by default: no policy is about namespace secrets/,
    );
  });

  it('counts a follower that is suspended: it gets the artifact when it is resumed', async () => {
    made.flow.clusters.put(registryObject('pay', { tag: 'default' }), [writer('apps')]);
    made.flow.clusters.put(registryObject('spy', { tag: 'default' }, { suspended: true }), [writer('secrets')]);
    assert.deepEqual((await settle()).verdicts, { 'prod/pay': 'deny', 'prod/spy': 'deny' });
  });

  it('leaves out what follows another tag, or is pinned to a digest', async () => {
    made.flow.clusters.put(registryObject('pay', { tag: 'default' }), [writer('apps')]);
    made.flow.clusters.put(registryObject('other', { tag: 'release' }), [writer('secrets')]);
    made.flow.clusters.put(registryObject('pinned', { digest: 'sha256:ab', tag: 'default' }), [writer('secrets')]);
    assert.deepEqual((await settle()).verdicts, { 'prod/pay': 'allow' });
  });

  it('asks for all that follows when a request names one of it', async () => {
    made.flow.clusters.put(registryObject('pay', { tag: 'default' }), [writer('apps')]);
    made.flow.clusters.put(registryObject('spy', { tag: 'default' }), [writer('secrets')]);
    const only = { targets: ['prod/OCIRepository/apps/pay'], force: false };
    const { verdicts } = await settle({ action: 'requested', after: null, commit: null, before: null, only });
    assert.deepEqual(verdicts, { 'prod/pay': 'deny', 'prod/spy': 'deny' });
  });

  it('denies content that is in doubt, in every mode', async () => {
    made.flow.policy = made.flow.policy.replace('spec:', 'spec:\n  mode: audit');
    made.flow.clusters.put(registryObject('pay', { tag: 'default' }), [writer('apps')]);
    made.publisher.doubts.set(sha('b'), [{ code: 'largefiles', message: 'apps/pay/big.bin is a large file' }]);
    const { verdicts, reasons, rules, facts } = await settle();
    assert.deepEqual([verdicts, rules], [{ 'prod/pay': 'deny' }, ['doubt']]);
    assert.ok(reasons.includes('pay doubtful: apps/pay/big.bin is a large file'));
    assert.deepEqual(facts[0]?.['doubts'], ['largefiles']);
  });

  it('denies content that nothing can be made of, and waits for a source that is away', async () => {
    made.flow.clusters.put(registryObject('pay', { tag: 'default' }), [writer('apps')]);
    let failure = new HeadgateError('SOURCE_UNREACHABLE', 'the host is away');
    made.publisher.inspect = () => Promise.reject(failure);
    const delivery = await made.flow.deliver(hint());
    await made.flow.handle();
    assert.equal((await made.flow.journal.delivery(delivery))?.state, 'pending');

    failure = new HeadgateError('CONTENT_TOO_LARGE', 'more than 64 MiB');
    made.readBack.move('infra', 'branch:default', [sha('a'), sha('b'), sha('c')]);
    const { verdicts, reasons } = await settle({ before: sha('b'), after: sha('c'), commit: sha('c') });
    assert.deepEqual(verdicts, { 'prod/pay': 'deny' });
    assert.ok(reasons.includes('pay doubtful: more than 64 MiB'));
  });
});
