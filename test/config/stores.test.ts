import assert from 'node:assert/strict';
import { parseConfig } from '#config/load-config.ts';
import { toys } from './source-schema.ts';

const HEAD = `apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  sources: [ { name: hub, type: toy, webhook: { secrets: [ { file: ./hub } ] } } ]
  policies: { path: ./policies }
`;
const POSTGRES = '  journal: { postgres: { url: { file: ./postgres-url } } }\n';

function parse(body: string) {
  return parseConfig({ name: 'headgate.yaml', text: HEAD + body }, toys, '/etc/headgate/headgate.yaml');
}

describe('config: where a journal and a queue are', () => {
  it('takes a journal in Postgres, with a queue of its own or one in Redis', () => {
    const url = { file: '/etc/headgate/postgres-url', at: 'headgate.yaml:6:31' };
    const alone = parse(POSTGRES);
    assert.deepEqual([alone.journal, alone.queue], [{ postgres: { url, data: '/etc/headgate/data' } }, { embedded: {} }]);
    const both = parse(`${POSTGRES}  queue: { redis: { url: { env: REDIS_URL } } }\n`);
    assert.deepEqual([both.journal.postgres?.url, both.queue], [url, { redis: { url: { env: 'REDIS_URL', at: 'headgate.yaml:7:26' } } }]);
  });

  it('refuses policies from a repository, which one process would take into force, over a journal that several share', () => {
    const origin = 'policies: { source: hub, repository: org/platform, ref: refs/heads/main, path: policies }';
    const text = HEAD.replace('policies: { path: ./policies }', origin) + POSTGRES;
    assert.throws(() => parseConfig({ name: 'headgate.yaml', text }, toys, '/etc/headgate/headgate.yaml'), {
      code: 'CONFIG_INVALID',
      message: /`spec\.policies\.repository`: cannot be shared by the processes of a journal in Postgres yet/,
    });
  });

  it('keeps files of its own beside the file of a journal, or where the config says', () => {
    const sqlite = '  journal: { sqlite: { path: /srv/journal.db } }\n';
    assert.equal(parse(sqlite).dataDirectory, '/srv');
    assert.equal(parse(POSTGRES).dataDirectory, '/etc/headgate/data');
    assert.equal(parse('  journal: { postgres: { url: { env: X }, data: /var/lib/headgate } }\n').dataDirectory, '/var/lib/headgate');
  });

  const refused: readonly (readonly [title: string, body: string, problem: string])[] = [
    [
      'a queue in Redis beside a journal in a file',
      '  queue:\n    redis: { url: { env: REDIS_URL } }\n',
      '7:12: `spec.queue.redis`: needs a journal in Postgres (set `journal: { postgres: { url: { env: HEADGATE_POSTGRES_URL } } }`, or use `queue: { embedded: {} }`)',
    ],
    [
      'two journals',
      '  journal: { sqlite: {}, postgres: { url: { env: X } } }\n',
      '6:12: `spec.journal`: names sqlite and postgres (keep one of the two)',
    ],
    [
      'two queues',
      `${POSTGRES}  queue: { embedded: {}, redis: { url: { env: X } } }\n`,
      '7:10: `spec.queue`: names embedded and redis (keep one of the two)',
    ],
    [
      'workers apart from a journal in a file',
      '  workers: apart\n',
      '6:12: `spec.workers`: needs a journal in Postgres (set `journal: { postgres: { url: { env: HEADGATE_POSTGRES_URL } } }`, or leave it out)',
    ],
    ['a journal in Postgres without its URL', '  journal: { postgres: {} }\n', '6:14: `url` is missing (a mapping is needed here)'],
    [
      'a URL that is written out',
      '  journal: { postgres: { url: "postgres://db/headgate" } }\n',
      '6:31: `spec.journal.postgres.url` must be a mapping, not text',
    ],
  ];
  for (const [title, body, problem] of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(() => parse(body), { code: 'CONFIG_INVALID', message: `headgate.yaml:${problem}` });
    });
  }
});
