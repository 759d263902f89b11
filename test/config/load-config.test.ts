import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { HeadgateError } from '#core/errors.ts';
import { loadConfig, parseConfig } from '#config/load-config.ts';
import { toys } from './source-schema.ts';
import { useTempDir } from './temp-dir.ts';

const HEAD = 'apiVersion: headgate.dev/v1alpha1\nkind: Config\nspec:\n';
const SOURCE = '  sources: [ { name: hub, type: toy, webhook: { secrets: [ { file: ./hub } ] } } ]\n';
const POLICIES = '  policies: { path: ./policies }\n';

function parse(text: string) {
  return parseConfig({ name: 'headgate.yaml', text }, toys, '/etc/headgate/headgate.yaml');
}

function problemsOf(text: string): readonly string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'CONFIG_INVALID') return error.message.split('\n');
    throw error;
  }
  return assert.fail('the config was accepted');
}

const loginAtCorp =
  '  identity: { audience: "https://headgate.example.com", issuers: [ { name: corp, url: "https://login.example.com" } ], ' +
  'login: { issuer: corp, clientId: headgate, clientSecret: { env: SECRET }, anyone: true } }\n';

describe('config/load-config', () => {
  const directory = useTempDir();

  it('fills in every default and makes paths absolute', () => {
    const config = parse(HEAD + SOURCE + POLICIES);
    assert.deepEqual(config, {
      file: '/etc/headgate/headgate.yaml',
      dataDirectory: '/etc/headgate/data',
      listen: {
        webhook: { host: '127.0.0.1', port: 9292 },
        web: { host: '127.0.0.1', port: 9080 },
        metrics: { host: '127.0.0.1', port: 8080 },
        health: { host: '127.0.0.1', port: 9440 },
      },
      journal: { sqlite: { path: '/etc/headgate/data/headgate.db' } },
      preflight: {},
      queue: { embedded: {} },
      workers: 'serve',
      clusters: [],
      sources: [{ name: 'hub', type: 'toy', webhook: { secrets: [{ file: '/etc/headgate/hub', at: 'headgate.yaml:4:60' }] } }],
      policies: { path: '/etc/headgate/policies' },
      records: { checkpoint: { every: 600_000, records: 1_000 }, anchors: [] },
      retention: { bodies: 30 * 86_400_000, records: 400 * 86_400_000 },
      tls: {},
      trustedProxies: [],
      web: { openReading: false, hosts: [] },
      tell: [],
      log: { level: 'info', encoding: 'json' },
    });
  });

  it('takes every key of this version', () => {
    const config = parse(
      `${HEAD}${SOURCE}${POLICIES}  listen: { webhook: "0.0.0.0:9292", web: "[::1]:0", metrics: "localhost:0", health: "127.0.0.1:0" }
  journal: { sqlite: { path: /var/lib/headgate/j.db } }
  queue: { embedded: {} }
  records: { key: { file: ./signing.key }, checkpoint: { every: 1m, records: 10, file: ./notes } }
  clusters: [ { name: prod, kubeconfig: { path: ../kube, context: p } }, { name: here, inCluster: {} } ]
  retention: { bodies: 12h, records: 1d168h }
  tls: { webhook: { cert: { file: tls.crt }, key: { file: tls.key } } }
  trustedProxies: [ 10.0.0.0/8, "fd00::/8", 192.0.2.1 ]
  web: { openReading: true, hosts: [ headgate.example.com ], url: "https://headgate.example.com/gate/" }
  tell: [ { name: prod, flux: { cluster: prod } }, { name: audit } ]
  log: { level: debug, encoding: console }
`,
    );
    assert.deepEqual(config.listen.web, { host: '::1', port: 0 });
    assert.deepEqual(
      config.clusters.map(({ name, kubeconfig, inCluster }) => [name, kubeconfig?.path, inCluster]),
      [
        ['prod', '/etc/kube', undefined],
        ['here', undefined, {}],
      ],
    );
    assert.deepEqual(config.retention, { bodies: 12 * 3_600_000, records: 8 * 86_400_000 });
    assert.equal(config.web.url, 'https://headgate.example.com/gate');
    assert.equal(config.tls.webhook?.cert.file, '/etc/headgate/tls.crt');
    assert.equal(config.tls.webhook?.key.file, '/etc/headgate/tls.key');
  });

  const table: readonly (readonly [title: string, body: string, ...expected: readonly (string | RegExp)[]])[] = [
    ['an unknown key, with the one that was meant', '  lisen: {}\n', '4:3: unknown key `lisen` (did you mean `listen`?)'],
    [
      'an unknown key that resembles none, with those that exist',
      '  log: { colour: red }\n',
      '4:10: unknown key `colour` (known here: level, encoding)',
    ],
    [
      'an unknown key of a source, by its type',
      '  sources: [ { name: hub, type: other, levle: 3 } ]\n',
      '4:40: unknown key `levle` (did you mean `level`?)',
    ],
    [
      'a key of a later version',
      '  queue: { postgres: {} }\n',
      '4:12: this version does not know `postgres` yet (with a journal in Postgres, use queue: { embedded: {} }: it works over that journal)',
    ],
    ['a login without an issuer', '  identity: { login: {} }\n', /^4:15: `issuer` is missing/],
    [
      'a login that nobody knows the address of',
      `${loginAtCorp}  listen: { web: "0.0.0.0:9080" }\n`,
      /`spec.web.url`: is missing \(say under which address browsers reach the pages/,
    ],
    ['a login by http', `${loginAtCorp}  web: { url: "http://headgate.example.com" }\n`, /`spec.web.url`: is not https/],
    ['a login under a path', `${loginAtCorp}  web: { url: "https://example.com/headgate" }\n`, /`spec.web.url`: has a path/],
    ['a duplicate key', '  log: {}\n  log: {}\n', /^5:3: not valid YAML: Map keys must be unique \(keep one of the two\)/],
    [
      'a wrong type',
      '  clusters: prod\n',
      '4:13: `spec.clusters` must be a list, not text (write it as a list: [ … ] or lines that begin with `-`)',
    ],
    ['a missing key, at the mapping that lacks it', '  tls:\n    webhook: { cert: { file: x } }\n', /^5:5: `key` is missing/],
    [
      'a value outside its choices',
      '  log: { level: verbose }\n',
      '4:17: `spec.log.level` cannot be `verbose` (one of: debug, info, warn, error)',
    ],
    ['a mistyped choice', '  log: { level: degub }\n', '4:17: `spec.log.level` cannot be `degub` (did you mean `debug`?)'],
    [
      'an address without host',
      '  listen: { web: ":80" }\n',
      '4:18: `spec.listen.web`: cannot be `:80` (write 0.0.0.0:80 to listen on every interface)',
    ],
    ['an address with a port too high', '  listen: { web: "h:65536" }\n', /^4:18: `spec.listen.web`: cannot be `h:65536`/],
    [
      'two listeners on one address',
      '  listen: { health: "127.0.0.1:9292" }\n',
      /^4:21: `spec.listen.health`: is the address of `webhook` too/,
    ],
    ['a bad duration', '  retention: { bodies: 30 days }\n', /^4:24: `spec.retention.bodies`: cannot be `30 days`/],
    [
      'a duration without unit',
      '  retention: { bodies: 30 }\n',
      '4:24: `spec.retention.bodies`: must be a duration such as 30d, 10m or 1h30m',
    ],
    [
      'records that go before a forge may send again',
      '  retention: { bodies: 1d, records: 2d }\n',
      /^4:37: `spec.retention.records`: is shorter than 7d/,
    ],
    [
      'bodies that outlive their records',
      '  retention: { bodies: 9d, records: 8d }\n',
      /^4:24: `spec.retention.bodies`: is longer than `records`/,
    ],
    [
      'a name that is ours',
      '  clusters: [ { name: headgate, inCluster: {} } ]\n',
      /^4:23: `spec.clusters\[0\].name`: cannot be `headgate`/,
    ],
    ['a name that is no label', '  clusters: [ { name: Prod, inCluster: {} } ]\n', /^4:23: `spec.clusters\[0\].name`: cannot be `Prod`/],
    [
      'a name taken twice',
      '  clusters: [ { name: a, inCluster: {} }, { name: a, inCluster: {} } ]\n',
      /^4:51: `spec.clusters\[1\].name`: `a` is taken/,
    ],
    [
      'a source name taken twice',
      '  sources: [ { name: a, type: other }, { name: a, type: other } ]\n',
      /^4:48: `spec.sources\[1\].name`: `a` is taken/,
    ],
    [
      'a cluster with two connections',
      '  clusters: [ { name: a, inCluster: {}, kubeconfig: { path: x } } ]\n',
      /^4:15: `spec.clusters\[0\]`: must have exactly one of/,
    ],
    ['a cluster with none', '  clusters: [ { name: a } ]\n', /^4:15: `spec.clusters\[0\]`: must have exactly one of/],
    [
      'a secret in clear text',
      '  sources: [ { name: hub, type: toy, webhook: { secrets: [ hunter2 ] } } ]\n',
      /^4:60: `spec.sources\[0\].webhook.secrets\[0\]` must be a mapping, not text/,
    ],
    [
      'a secret with two places',
      '  sources: [ { name: hub, type: toy, webhook: { secrets: [ { file: a, env: B } ] } } ]\n',
      /^4:60: .*must name exactly one of `file` and `env`/,
    ],
    [
      'an unknown source type',
      '  sources: [ { name: hub, type: gitlab } ]\n',
      '4:33: `spec.sources[0].type` cannot be `gitlab` (one of: toy, other)',
    ],
    ['a source without type', '  sources: [ { name: hub } ]\n', '4:14: `type` is missing (one of: toy, other)'],
    [
      'a number too large',
      '  sources: [ { name: hub, type: other, level: 10 } ]\n',
      '4:47: `spec.sources[0].level` is longer or larger than 9',
    ],
    ['no source', '  sources: []\n', '4:12: `spec.sources` needs at least one entry'],
    ['every address as a proxy', '  trustedProxies: [ 0.0.0.0/0 ]\n', /^4:21: `spec.trustedProxies\[0\]`: cannot be `0.0.0.0\/0`/],
    [
      'open reading for other machines',
      '  web: { openReading: true }\n  listen: { web: "0.0.0.0:9080" }\n',
      /^4:23: `spec.web.openReading`: cannot be true while/,
    ],
    ['a URL as host', '  web: { hosts: [ "https://x" ] }\n', /^4:19: `spec.web.hosts\[0\]`: cannot be `https:\/\/x`/],
    ['an address of the pages with a query', '  web: { url: "https://x/?a=b" }\n', /^4:15: `spec.web.url`: cannot be `https:\/\/x\/\?a=b`/],
    ['an address of the pages with credentials', '  web: { url: "https://me:pw@x" }\n', /^4:15: `spec.web.url`: cannot be/],
    ['an address of the pages without scheme', '  web: { url: headgate.example.com }\n', /^4:15: `spec.web.url`: cannot be/],
    [
      'a sink for a cluster that is not configured',
      '  clusters: [ { name: prod, inCluster: {} } ]\n  tell: [ { name: a, flux: { cluster: pord } } ]\n',
      '5:39: `spec.tell[0].flux.cluster`: `pord` is no configured cluster (one of: prod)',
    ],
    [
      'two sinks of one name',
      '  tell: [ { name: a }, { name: a } ]\n',
      '4:32: `spec.tell[1].name`: `a` is taken by an earlier entry (names are unique)',
    ],
    ['bad YAML', '  log: { level: "info }\n', /not valid YAML/],
    ['an unknown tag', '  log: !!js/function x\n', /^4:8: not valid YAML: .* \(remove the tag\)$/],
    ['tabs', '\tlog: {}\n', /not valid YAML/],
    [
      'too many aliases',
      `  log: &a [ ${'x, '.repeat(50)} ]\n  clusters: [ ${'*a, '.repeat(200)} ]\n`,
      /not usable YAML: Excessive alias count/,
    ],
    ['an alias to nothing', '  log: *nothing\n', /not usable YAML/],
    ['`__proto__`', '  __proto__: { x: 1 }\n', /^4:3: unknown key `__proto__`/],
    ['absurd nesting', `  log: ${'['.repeat(2_000)}\n`, /nested too deeply/],
  ];
  for (const [title, body, ...expected] of table) {
    it(`refuses ${title}, saying where`, () => {
      const extra = (body.includes('sources:') ? '' : SOURCE) + POLICIES;
      const found = problemsOf(HEAD + body + extra);
      for (const line of expected) {
        const hit = found.some((problem) => {
          const rest = problem.replace(/^headgate\.yaml:/, '');
          return typeof line === 'string' ? rest === line : line.test(rest);
        });
        assert.ok(hit, `none of:\n${found.join('\n')}\nis ${line}`);
      }
    });
  }

  it('names every problem of a file at once, in its order', () => {
    const found = problemsOf(`${HEAD}  lisen: {}\n  log: { level: x, encoding: y }\n`);
    assert.deepEqual(
      found.map((line) => line.split(': ')[0]),
      ['headgate.yaml:3:1', 'headgate.yaml:3:1', 'headgate.yaml:4:3', 'headgate.yaml:5:17', 'headgate.yaml:5:30'],
    );
  });

  it('needs exactly one Config', () => {
    assert.match(problemsOf('')[0] ?? '', /1:1: the file has no document \(`headgate init`/);
    assert.match(problemsOf('# nothing\n---\n')[0] ?? '', /the file has no document/);
    assert.match(problemsOf(`${HEAD}${SOURCE}${POLICIES}---\n${HEAD}${SOURCE}${POLICIES}`)[0] ?? '', /8:7: a second Config/);
  });

  it('sends policy documents where they belong', () => {
    assert.match(problemsOf('kind: GatePolicy\n')[0] ?? '', /1:7: a GatePolicy cannot be used here \(policy documents belong into files/);
  });

  it('corrects the kind, and asks for it', () => {
    assert.match(problemsOf('kind: Confg\n')[0] ?? '', /1:7: unknown kind `Confg` \(did you mean `Config`\?\)/);
    assert.match(problemsOf('spec: {}\n')[0] ?? '', /1:1: `kind` is missing \(begin with apiVersion: headgate.dev\/v1alpha1/);
    assert.match(problemsOf('kind: toString\n')[0] ?? '', /unknown kind/);
    assert.match(problemsOf('- a\n')[0] ?? '', /`kind` is missing/);
  });

  it('reads the file itself and resolves against its directory', async () => {
    const file = join(directory(), 'headgate.yaml');
    writeFileSync(file, HEAD + SOURCE + POLICIES);
    const config = await loadConfig(file, toys);
    assert.equal(config.file, file);
    assert.equal(config.policies.path, join(directory(), 'policies'));
  });

  it('says CONFIG_UNREADABLE for a file that is not there, or not text', async () => {
    const file = join(directory(), 'headgate.yaml');
    await assert.rejects(loadConfig(file, toys), { code: 'CONFIG_UNREADABLE', message: /ENOENT/ });
    writeFileSync(file, Buffer.from([0x61, 0xff, 0xfe]));
    await assert.rejects(loadConfig(file, toys), { code: 'CONFIG_UNREADABLE' });
  });

  it('refuses a file beyond the limit', () => {
    assert.match(problemsOf('#'.repeat(1024 * 1024 + 1))[0] ?? '', /1:1: the file is larger than/);
  });

  it('throws nothing but HeadgateError, whatever the text', () => {
    const word = fc.constantFrom(
      'spec',
      'kind',
      'Config',
      'sources',
      'listen',
      'web',
      'log',
      '__proto__',
      'constructor',
      'name',
      'type',
      'toy',
      '~',
      '1',
      '*a',
      '&a',
      '!!set',
      '<<',
    );
    const glue = fc.constantFrom(
      ': ',
      '\n',
      '\n  ',
      ' ',
      '{',
      '}',
      '[',
      ']',
      ', ',
      '- ',
      '? ',
      '|',
      '"',
      "'",
      '---\n',
      '\t',
      '#',
      '\0',
      '\ufeff',
    );
    const yamlish = fc.array(fc.oneof(word, glue), { maxLength: 40 }).map((parts) => parts.join(''));
    let refused = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          yamlish,
          fc.string({ unit: 'binary' }),
          yamlish.map((text) => HEAD + text),
        ),
        (text) => {
          try {
            parse(text);
          } catch (error) {
            assert.ok(error instanceof HeadgateError, String(error));
            assert.equal(error.code, 'CONFIG_INVALID');
            refused++;
          }
        },
      ),
      { numRuns: 400 },
    );
    assert.ok(refused > 350, 'random text is hardly ever a config');
  });

  it('throws nothing but HeadgateError, whatever the values', () => {
    const keys = fc.constantFrom(
      'listen',
      'web',
      'sources',
      'name',
      'type',
      'clusters',
      'policies',
      'path',
      'retention',
      'bodies',
      'secrets',
      'file',
      'env',
      '__proto__',
    );
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue(),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(keys, tie('node'), { maxKeys: 5 }),
      ),
    })).node;
    fc.assert(
      fc.property(fc.dictionary(keys, tree), (spec) => {
        try {
          parse(JSON.stringify({ apiVersion: 'headgate.dev/v1alpha1', kind: 'Config', spec }));
        } catch (error) {
          assert.ok(error instanceof HeadgateError, String(error));
          for (const line of error.message.split('\n')) assert.match(line, /^(headgate\.yaml:\d+:\d+: .|… and)/);
        }
      }),
      { numRuns: 200 },
    );
  });
});
