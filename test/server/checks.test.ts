import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Delivery } from '#core/delivery.ts';
import { clockSkew } from '#core/clock-skew.ts';
import { expiryFinding } from '#core/expiry.ts';
import type { Check, Finding } from '#core/finding.ts';
import { findingCodes } from '#core/finding-codes.ts';
import { formatBytes } from '#core/format-bytes.ts';
import { limits } from '#core/limits.ts';
import type { ClusterHealth } from '#core/ports/clusters.ts';
import type { StreamHealth } from '#core/ports/event-stream.ts';
import { FakeEventStream } from '#core/ports/fake-event-stream.ts';
import type { SourceObject } from '#core/target.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { inventoryChecks } from '#server/checks/clusters.ts';
import { journalCheck } from '#server/checks/journal.ts';
import { HeadgateError } from '#core/errors.ts';
import { localChecks } from '#server/checks/local.ts';
import { loginChecks } from '#server/checks/login.ts';
import { runChecks, sharedChecks } from '#server/checks/run-checks.ts';
import { serverChecks } from '#server/checks/server-checks.ts';
import { policiesCheck } from '#server/checks/policies.ts';
import { tellSecretsCheck } from '#server/checks/tell-secrets.ts';
import { sinksCheck } from '#server/checks/sinks.ts';
import { lastReceived, onlyAbout, sourceChecks } from '#server/checks/sources.ts';
import { streamChecks } from '#server/checks/streams.ts';

const minute = 60_000;
const shown = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ code, severity, message }) => `${severity} ${code} ${message}`);
const lines = async (...checks: readonly Check[]): Promise<string> => {
  const all = await Promise.all(checks.map(({ run }) => run()));
  return shown(all.flat()).join('\n');
};

describe('running checks', () => {
  const clock = new SimulatedClock();
  const good: Check = {
    about: 'a',
    run: () => Promise.resolve([{ code: 'SECRET', about: 'a', severity: 'good', message: '', without: null, mend: null }]),
  };

  it('says of a part that fails, or takes too long, that nothing is known of it; the others are not concerned', async () => {
    const failing: Check = { about: 'b', run: () => Promise.reject(new Error('it broke')) };
    const hanging: Check = { about: 'c', run: () => new Promise(() => {}) };
    const running = runChecks([good, failing, hanging], clock);
    await clock.advance(limits.check.timeout);
    const findings = await running;
    assert.deepEqual(
      findings.map(({ code, about, severity }) => [code, about, severity]),
      [
        ['SECRET', 'a', 'good'],
        ['CHECK_INCOMPLETE', 'b', 'unknown'],
        ['CHECK_INCOMPLETE', 'c', 'unknown'],
      ],
    );
    assert.match(findings[1]?.message ?? '', /it broke/);
  });

  it('happens once for all who ask meanwhile', async () => {
    let runs = 0;
    const counted: Check = { about: 'a', run: () => ((runs += 1), good.run()) };
    const ask = sharedChecks([counted], clock);
    await Promise.all([ask(), ask()]);
    await ask();
    assert.equal(runs, 2);
  });
});

describe('a check of the journal', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headgate-check-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const look = async (change: { writable?: boolean; dead?: number; pendingFor?: number } = {}): Promise<string> => {
    const clock = new SimulatedClock();
    const { writable = true, dead = 0, pendingFor } = change;
    const pending = pendingFor === undefined ? [] : [{ receivedAt: clock.now() - pendingFor } as Delivery];
    const journal = {
      writable: () => Promise.resolve(writable),
      pending: () => Promise.resolve(pending),
      counts: () => Promise.resolve({ deliveries: { pending: pending.length, done: 0, ignored: 0, dead }, queued: 2, observing: 1 }),
    };
    const retention = { bodies: 30 * 24 * 60 * minute, records: 400 * 24 * 60 * minute };
    return lines(journalCheck({ clock, journal, path: join(folder, 'headgate.db'), retention }));
  };

  it('is good when all is', async () => {
    await writeFile(join(folder, 'headgate.db'), Buffer.alloc(4_096));
    const text = await look();
    assert.match(text, /^good JOURNAL_WRITABLE writable; reconciles queued: 2, under observation: 1$/m);
    assert.match(text, /^good JOURNAL_PENDING deliveries pending: 0$/m);
    assert.match(text, /^good JOURNAL_DEAD/m);
    assert.match(text, /^good JOURNAL_SIZE 4\.0 KiB, write-ahead log 0 B; bodies are kept for 30d, records for 400d$/m);
    assert.match(text, /^\w+ DISK_FREE free disk space: \d/m);
  });

  it('tells of one that cannot be written, of dead deliveries, of what waits for long, and of a log that grows', async () => {
    await writeFile(join(folder, 'headgate.db-wal'), '');
    await truncate(join(folder, 'headgate.db-wal'), limits.check.walBytes + 1);
    const text = await look({ writable: false, dead: 3, pendingFor: 10 * minute });
    assert.match(text, /^bad JOURNAL_WRITABLE/m);
    assert.match(text, /^warning JOURNAL_DEAD .*: 3$/m);
    assert.match(text, /^warning JOURNAL_PENDING deliveries pending: 1, the oldest for 10m00s$/m);
    assert.match(text, /^warning JOURNAL_SIZE 0 B, write-ahead log 256 MiB/m);
  });
});

describe('a check of event streams', () => {
  const look = (health: Partial<StreamHealth>): Promise<string> =>
    lines(...streamChecks([{ name: 'hub' }, { name: 'review', stream: new FakeEventStream(health) }], new SimulatedClock(minute)));

  it('tells for how long it has been listened to, and when something came', async () => {
    const words = 'good SOURCE_STREAM event stream: streaming for 1m00s';
    assert.equal(await look({ state: 'streaming' }), `${words}, no event yet`);
    assert.equal(await look({ state: 'streaming', heardAt: minute - 5_000 }), `${words}, the last event 5.00 s ago`);
  });

  it('tells what is wrong', async () => {
    assert.match(await look({ state: 'waiting', message: 'it is away' }), /^warning SOURCE_STREAM .*: it is away$/);
    assert.match(await look({ state: 'not-permitted', message: 'no capability' }), /^bad SOURCE_STREAM .*: no capability$/);
  });
});

describe('a check of what a server sees', () => {
  const health: ClusterHealth = {
    cluster: 'prod',
    state: 'synced',
    known: true,
    message: null,
    kinds: [{ kind: 'GitRepository', state: 'synced', objects: 3 }],
  };
  const source = (cluster: string, suspended: boolean): SourceObject => ({
    target: { cluster, kind: 'GitRepository', namespace: 'apps', name: 'app' },
    url: 'https://github.com/org/app',
    ref: {},
    suspended,
    artifactRevision: null,
    paths: null,
  });
  const sources = () => [source('prod', true), source('prod', false), source('other', true)];
  const see = (change: Partial<ClusterHealth>): Promise<string> =>
    lines(...inventoryChecks({ health: () => [{ ...health, ...change }], sources }, ['prod']));

  it('tells how far each cluster is in sight', async () => {
    assert.equal(await see({}), 'good CLUSTER_INVENTORY in sight, objects: 3; suspended sources: 1');
    assert.equal(await see({ state: 'starting' }), 'warning CLUSTER_INVENTORY still listing its objects');
    assert.equal(
      await see({ state: 'unreachable', message: 'ECONNREFUSED' }),
      'bad CLUSTER_INVENTORY out of sight, unreachable: ECONNREFUSED',
    );
    assert.equal(await see({ state: 'refused', message: '403' }), 'bad CLUSTER_INVENTORY out of sight, refused: 403');
    assert.equal(await see({ kinds: [{ kind: 'Bucket', state: 'failing', objects: 0 }] }), 'bad CLUSTER_INVENTORY cannot watch Bucket');
    assert.match(await lines(...inventoryChecks({ health: () => [], sources }, [])), /^warning CLUSTER_NONE/);
  });

  it('tells what waits in the queue', async () => {
    const queue = (stats: object): Promise<string> => {
      const journal = {
        writable: () => Promise.resolve(true),
        pending: () => Promise.resolve([]),
        counts: () => Promise.reject(new Error()),
      };
      const config = { clusters: [], journal: { sqlite: { path: '/nowhere' } }, retention: { bodies: 0, records: 0 } };
      const all = { waiting: 0, active: 1, retrying: 0, oldestMs: 12, ...stats };
      const checks = serverChecks({
        version: '1',
        clock: new SimulatedClock(),
        config,
        journal,
        inventory: { health: () => [], sources },
        queue: { stats: () => all },
      });
      return lines(...checks.filter(({ about }) => about === 'queue'));
    };
    assert.equal(await queue({}), 'good QUEUE_WAITING waiting: 0, active: 1, retrying: 0');
    assert.match(await queue({ retrying: 2 }), /^warning QUEUE_WAITING .*retrying: 2/);
    assert.match(await queue({ oldestMs: 10 * minute }), /^warning QUEUE_WAITING .*the oldest waits for 10m00s$/);
  });

  it('tells when the certificate of its listener ends, and when it is none', async () => {
    const file = (name: string): { file: string } => ({ file: fileURLToPath(new URL(`certificates/${name}`, import.meta.url)) });
    const certificate = (key: string, at: Date): Promise<string> => {
      const tls = { webhook: { cert: file('one.cert.pem'), key: file(key) } };
      const clock = new SimulatedClock(at.getTime());
      return lines(...localChecks({ dataDirectory: '/nowhere', tls }, clock));
    };
    assert.match(
      await certificate('one.key.pem', new Date('2026-12-01')),
      /^good TLS_CERTIFICATE certificate .*one\.cert\.pem: expires in/,
    );
    assert.match(await certificate('one.key.pem', new Date('9999-01-01')), /^bad TLS_CERTIFICATE certificate .*: expired/);
    assert.match(await certificate('two.key.pem', new Date('2026-12-01')), /^bad TLS_CERTIFICATE/);
  });
});

describe('a check of the policies in force', () => {
  const clock = new SimulatedClock();
  const look = (problem: string | null, current: unknown = {}): Promise<string> => {
    const status = () => ({ hash: '', loadedAt: clock.now() - 5 * minute, problem });
    return lines(policiesCheck({ current: () => current, status }, clock));
  };

  it('tells whether they are those that are there now', async () => {
    assert.equal(await look(null), 'good POLICIES_VALID in force, loaded 5m ago');
    assert.equal(await look('a.yaml:3:1: no'), 'bad POLICIES_VALID the last good ones stand in, loaded 5m ago: a.yaml:3:1: no');
    assert.equal(
      await lines(policiesCheck({ current: () => undefined, status: () => ({ hash: '', loadedAt: 0, problem: 'gone' }) }, clock)),
      'bad POLICIES_VALID none in force, everything is denied: gone',
    );
  });

  it('tells which people and groups that they name are not there, and not all of very many', async () => {
    const status = () => ({ hash: '', loadedAt: clock.now(), problem: null });
    const named = async (troubles: readonly string[] | null): Promise<readonly string[]> =>
      (await lines(policiesCheck({ current: () => ({}), status }, clock, { people: () => troubles, names: () => [] })))
        .split('\n')
        .slice(1);
    assert.deepEqual(await named(null), []);
    assert.deepEqual(await named([]), ['good POLICY_PEOPLE the people and groups that they name are there']);
    assert.deepEqual(await named(['policy a names joe']), ['warning POLICY_PEOPLE policy a names joe']);
    const many = await named(Array.from({ length: limits.config.problemsShown + 2 }, (_, index) => `trouble ${index}`));
    assert.deepEqual([many.length, many.at(-1)], [limits.config.problemsShown + 1, 'warning POLICY_PEOPLE and 2 more']);
  });
});

describe('a check of sinks', () => {
  it('names the secrets that news are signed with, and one that is missing', async () => {
    const tell = [{ name: 'news', webhook: { secrets: [{ env: 'SIGNING' }, { env: 'GONE' }] } }, { name: 'flux' }];
    const found = await lines(tellSecretsCheck(tell, new SimulatedClock(), { SIGNING: 'a-secret-of-some-length' }));
    assert.match(found, /^good SECRET signing secret, environment variable SIGNING: set/m);
    assert.match(found, /^bad SECRET signing secret: environment variable GONE: is not set$/m);
  });
});

describe('a check of what waits to be told', () => {
  const clock = new SimulatedClock();
  const told = (change: object): Promise<string> => {
    const health = { name: 'webhook news', oldestAt: null, trouble: null, ...change };
    return lines(sinksCheck({ health: () => Promise.resolve([health]) }, clock));
  };

  it('tells what waits, since when and why', async () => {
    const ago = (minutes: number): number => clock.now() - minutes * minute;
    assert.equal(await told({}), 'good SINK_TOLD webhook news: told of all news');
    assert.match(await told({ oldestAt: ago(1) }), /^good SINK_TOLD .*the oldest news wait for 1m00s$/);
    assert.match(await told({ oldestAt: ago(10) }), /^warning SINK_TOLD webhook news: behind, the oldest news wait for 10m00s$/);
    const trouble = { code: 'SINK_UNREACHABLE', message: 'ECONNREFUSED', beganAt: ago(2) };
    assert.match(
      await told({ oldestAt: ago(3), trouble }),
      /^warning SINK_TOLD .*cannot be told for 2m00s, .* 3m00s: ECONNREFUSED \[SINK_UNREACHABLE\]$/,
    );
  });
});

describe('a check of sources', () => {
  it('hears which repositories are followed, and when a webhook last came', async () => {
    const asked: unknown[] = [];
    const source = {
      name: 'hub',
      repositoryAt: (url: string) => (url.startsWith('https://hub/') ? url.slice('https://hub/'.length) : undefined),
      check: (question: unknown) => (asked.push(question), Promise.resolve([])),
    } as unknown as Parameters<typeof sourceChecks>[0] extends Iterable<infer S> ? S : never;
    const urls = ['https://hub/org/b', 'https://elsewhere/org/c', 'https://hub/org/a', 'https://hub/org/b'];
    const deliveries = [
      { kind: 'sweep', receivedAt: 9 },
      { kind: 'webhook', receivedAt: 7 },
    ] as Delivery[];
    const journal = { deliveries: () => Promise.resolve({ items: deliveries, next: null }) };
    const target = { cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: 'web' };
    const objects = urls.map((url, index) => ({ target, url, ref: index === 2 ? { commit: 'c0ffee' } : {}, artifactRevision: null }));
    await lines(...sourceChecks([source], () => Promise.resolve(objects), lastReceived(journal)));
    const refs = [{ repository: 'org/b', ref: 'refs/heads/master' }];
    await lines(
      ...sourceChecks(
        [source],
        () => Promise.resolve(objects),
        lastReceived(journal),
        (name) => [`${name}-group`],
      ),
    );
    const question = { repositories: ['org/a', 'org/b'], refs, lastReceivedAt: 7 };
    assert.deepEqual(asked, [question, { ...question, groups: ['hub-group'] }]);
  });
});

describe('a check of one source alone', () => {
  const check = (about: string): Check => ({ about, run: () => Promise.resolve([]) });
  const checks = [check('journal'), check('source hub'), check('source review'), check('cluster review')];

  it('leaves everything else out', () => {
    assert.deepEqual(onlyAbout(checks, 'review'), [checks[2]]);
    assert.deepEqual(onlyAbout(checks, undefined), checks);
  });

  it('is refused of a source that is not configured, and says which are', () => {
    assert.throws(
      () => onlyAbout(checks, 'journal'),
      (error: HeadgateError) => error.code === 'SOURCE_UNKNOWN' && error.hint === 'There is: hub, review.',
    );
  });
});

describe('what findings are made of', () => {
  it('a clock is ahead or behind by what the way there and back cannot explain', () => {
    const skew = (date: string | undefined): number | undefined => clockSkew({ askedAt: 100_500, answeredAt: 102_500, date });
    const at = (ms: number): string => new Date(ms).toUTCString();
    assert.equal(skew(at(100_000)), 0, 'dates count whole seconds');
    assert.equal(skew(at(102_000)), 0);
    assert.equal(skew(at(160_000)), 57_500);
    assert.equal(skew(at(40_000)), -59_500);
    assert.equal(skew(undefined), undefined);
    assert.equal(skew('tomorrow'), undefined);
  });

  it('what ends soon is a warning, what has ended is bad, what is renewed may be short-lived', () => {
    const severity = (left: number, renewed = false): string =>
      expiryFinding({ code: 'SECRET', about: 'a', what: 'token', endsAt: 1e12 + left, now: 1e12, renewed }).severity;
    assert.deepEqual([severity(limits.check.expiry + 1), severity(limits.check.expiry), severity(0)], ['good', 'warning', 'bad']);
    assert.deepEqual([severity(minute, true), severity(0, true)], ['good', 'bad']);
  });

  it('sizes are told in words', () => {
    assert.deepEqual([0, 812, 4_096, 1.5 * 1024 ** 2, 12 * 1024 ** 3].map(formatBytes), ['0 B', '812 B', '4.0 KiB', '1.5 MiB', '12 GiB']);
  });

  it('every code says what mends it by a command, a line of the config or a place to look', () => {
    for (const [code, { mend, without }] of Object.entries(findingCodes)) {
      assert.match(mend, /`|https:\/\/|docs\//, code);
      assert.match(without, /\.$/, code);
    }
  });
});

describe('a check of the login', () => {
  const clock = new SimulatedClock();
  const listen = { web: { host: '127.0.0.1', port: 9080 } };
  const identity = { login: { clientSecret: { env: 'SECRET' } } };
  const env = { SECRET: 'a secret of the client' };
  const issuer = { issuer: 'corp', look: () => Promise.resolve() };

  it('says where the issuer has to send browsers back to, and that its secret can be read', async () => {
    const told = await lines(...loginChecks({ web: { url: 'https://headgate.example.com' }, listen, identity }, issuer, clock, env));
    assert.match(told, /^good LOGIN_ISSUER says where people log in$/m);
    assert.match(told, /^good LOGIN_ADDRESS .*: https:\/\/headgate\.example\.com\/login\/callback$/m);
    assert.match(told, /^good SECRET secret of the client, environment variable SECRET: set/m);
    assert.match(
      await lines(...loginChecks({ web: {}, listen, identity }, issuer, clock, env)),
      /http:\/\/127\.0\.0\.1:9080\/login\/callback/,
    );
  });

  it('says what is wrong with each', async () => {
    const away = {
      issuer: 'corp',
      look: () => Promise.reject(new HeadgateError('LOGIN_UNAVAILABLE', 'https://login.example.com: answers 500')),
    };
    const told = await lines(...loginChecks({ web: {}, listen: { web: { host: '::1', port: 0 } }, identity }, away, clock, {}));
    assert.match(told, /^bad LOGIN_ISSUER https:\/\/login\.example\.com: answers 500$/m);
    assert.match(told, /^warning LOGIN_ADDRESS /m);
    assert.match(told, /^bad SECRET secret of the client: .*is not set/m);
  });

  it('is none where nobody logs in', () => {
    assert.deepEqual(loginChecks({ web: {}, listen }, null, clock, env), []);
  });
});
