import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHgCheck } from '#adapters/hg/check/check-source.ts';
import { FakeBackEnd } from '#adapters/hg/fake-back-end.ts';
import { createHgReadBack } from '#adapters/hg/read-back.ts';
import { HgSource } from '#adapters/hg/schema.ts';
import { HeadgateError } from '#core/errors.ts';
import type { Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import { FakePublisher } from '#core/ports/fake-publisher.ts';
import type { SourceCheckQuestion } from '#core/ports/source-adapter.ts';
import type { Publication } from '#core/publication.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';

const minimal = { name: 'hg', type: 'hg', url: 'https://hg.example.com' };
const pay: Publication = {
  repository: 'infra',
  ref: 'branch:default',
  path: 'apps/pay',
  url: 'oci://registry.example.com/pay',
  tag: 'default',
  content: 'manifests',
};
const shown = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ code, severity, message }) => `${severity} ${code} ${message}`);

describe('a check of a source of Mercurial', () => {
  let host: FakeBackEnd;
  let clock: SimulatedClock;
  let head: string;
  beforeEach(() => {
    host = new FakeBackEnd();
    clock = new SimulatedClock();
    head = host.commit('infra', { files: { 'apps/pay/a.yaml': 'kind: A' } });
  });

  const check = (
    publications: readonly Publication[] = [pay],
    asked: Partial<SourceCheckQuestion> = {},
    config: object = {},
  ): Promise<readonly Finding[]> => {
    const source = HgSource.parse({ ...minimal, ...('clone' in config ? {} : { web: {} }), ...config });
    const publisher = publications.length === 0 ? undefined : new FakePublisher(publications);
    const secret = (): Buffer => Buffer.from('a-secret-of-some-length');
    const run = createHgCheck({ source, secret, clock, backEnd: host, readBack: createHgReadBack(host), publisher });
    return run({ repositories: [], refs: [], lastReceivedAt: undefined, ...asked });
  };
  const wrong = async (...args: Parameters<typeof check>): Promise<readonly Finding[]> =>
    (await check(...args)).filter(({ severity }) => severity !== 'good');

  it('says how changes are confirmed, where refs are, whether content can be published, and when something was heard', async () => {
    const asked = { refs: [{ repository: 'infra', ref: 'branch:default' }], repositories: ['infra'], lastReceivedAt: clock.now() - 5_000 };
    assert.deepEqual(shown(await check([pay], asked, { webhook: { secrets: [{ env: 'HOOK' }] } })), [
      'good SOURCE_READ_BACK hg; changes are confirmed by hgweb',
      'good SECRET webhook secret, environment variable HOOK: set; its age is not known',
      `good SOURCE_REF infra: branch:default is at ${head.slice(0, 12)}`,
      `good PUBLICATION_CONTENT apps/pay of infra at ${head.slice(0, 12)} can be published`,
      'good SOURCE_HEARD its last delivery was journalled 5s ago',
    ]);
  });

  it('asks for each ref once, whoever follows it', async () => {
    const refs = [
      { repository: 'infra', ref: 'branch:default' },
      { repository: 'infra', ref: 'bookmark:prod' },
    ];
    const found = await check([pay, { ...pay, tag: 'other' }], { refs, repositories: ['infra'] });
    assert.deepEqual(
      found.filter(({ code }) => code === 'SOURCE_REF').map(({ severity, message }) => `${severity} ${message}`),
      [`good infra: branch:default is at ${head.slice(0, 12)}`, 'bad infra has no bookmark:prod, or no open head of it'],
    );
  });

  it('names what makes a ref doubtful, and what mends it', async () => {
    host.commit('infra', { files: { 'apps/pay/b.yaml': 'kind: B' }, parents: [] });
    host.bookmark('infra', 'default', head);
    const found = await wrong();
    assert.deepEqual(
      found.map(({ code, severity }) => `${severity} ${code}`),
      ['warning SOURCE_REF', 'warning SOURCE_REF'],
    );
    assert.match(shown(found).join('\n'), /2 open heads.* \[several-heads\][^]*\[shadowed\]/);
    assert.match(found[0]?.mend ?? '', /hg merge/);
  });

  it('looks at tags that a pattern names, and says that none fits', async () => {
    const [found] = await wrong([{ ...pay, ref: 'tag:v*@branch:default' }]);
    assert.deepEqual([found?.severity, found?.message], ['warning', 'infra has no tag that fits tag:v*@branch:default']);
    host.commit('infra', { files: { '.hgtags': `${head} v1\n` } });
    const lines = shown(await check([{ ...pay, ref: 'tag:v*@branch:default' }]));
    assert.ok(
      lines.some((line) => /good SOURCE_REF .*fit tag:v\*@branch:default: 1, the last to move is tag:v1@branch:default/.test(line)),
    );
    assert.ok(
      lines.some((line) => /warning SOURCE_REF .*\[tag-unsigned\]/.test(line)),
      lines.join('\n'),
    );
    assert.ok(lines.some((line) => line.startsWith('good PUBLICATION_CONTENT')));
  });

  it('says that the host cannot be asked, or has no such repository, with what mends it', async () => {
    host.failure = new HeadgateError('SOURCE_UNREACHABLE', 'hg: infra: connection refused');
    assert.deepEqual(shown(await wrong()), ['bad SOURCE_REF hg: infra: connection refused']);
    host.failure = undefined;
    assert.deepEqual(shown(await wrong([{ ...pay, repository: 'other' }])), ['bad SOURCE_REF there is no repository other']);
  });

  it('waits for nothing longer than its bound', async () => {
    const readBack = { ...createHgReadBack(host), by: 'hgweb' as const, heads: () => new Promise<never>(() => {}) };
    const source = HgSource.parse({ ...minimal, web: {} });
    const publisher = new FakePublisher([pay]);
    const run = createHgCheck({ source, secret: () => Buffer.alloc(0), clock, backEnd: host, readBack, publisher });
    const asked = run({ repositories: [], refs: [], lastReceivedAt: undefined });
    await clock.advance(limits.check.source);
    assert.match(shown(await asked).join('\n'), /bad SOURCE_REF infra: no answer within 15 s/);
  });

  it('warns of a hook that was never heard, and of none where none is configured it does not', async () => {
    const hook = { webhook: { secrets: [{ env: 'HOOK' }] } };
    assert.deepEqual(shown(await wrong([pay], { lastReceivedAt: null }, hook)), ['warning SOURCE_HEARD nothing has been heard of it yet']);
    const old = { lastReceivedAt: clock.now() - limits.check.webhookSilence - 1 };
    assert.match(shown(await wrong([pay], old, hook)).join(), /^warning SOURCE_HEARD its last delivery was journalled 7d ago$/);
    assert.match(shown(await check()).join('\n'), /good SOURCE_HEARD no hook or webhook is configured/);
  });

  it('says that nothing names a repository, and asks the host nothing then', async () => {
    assert.deepEqual(shown(await wrong([])), ['unknown SOURCE_REPOSITORY no repository of it is published or followed']);
    assert.deepEqual(host.asked, []);
  });

  describe('by SSH', () => {
    let directory: string;
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'headgate-hg-check-'));
    });
    afterEach(() => rm(directory, { recursive: true }));

    it('looks at the key and at known_hosts, for the very port', async () => {
      const [key, knownHosts] = [join(directory, 'key'), join(directory, 'known_hosts')];
      await writeFile(key, 'a key');
      await chmod(key, 0o644);
      await writeFile(knownHosts, '');
      const clone = { url: 'ssh://hg@hg.example.com:2222/', ssh: { key: { file: key }, knownHosts: { file: knownHosts } } };
      const found = await wrong([pay], {}, { clone });
      assert.match(shown(found).join('\n'), /bad HG_SSH .*others may read it \(mode 644\)[^]*bad HG_SSH .*no key of hg\.example\.com/);
      assert.match(found[1]?.mend ?? '', /ssh-keyscan -p 2222 hg\.example\.com/);
    });
  });
});
