import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { startServer } from '#server/main.ts';
import { journalFile } from '#server/journal-file.ts';
import { useTempDir } from '../config/temp-dir.ts';

describe('server/journal-file', () => {
  const directory = useTempDir();

  it('names the file of a journal in SQLite', () => {
    assert.equal(journalFile({ sqlite: { path: '/var/lib/headgate/headgate.db' } }), '/var/lib/headgate/headgate.db');
  });

  it('lets no server start with a journal that it cannot open', async () => {
    const file = join(directory(), 'headgate.yaml');
    const text = `apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  journal: { postgres: { url: { env: POSTGRES_URL } } }
  queue: { redis: { url: { env: REDIS_URL } } }
  sources: [ { name: hub, type: github, webhook: { secrets: [ { env: HUB } ] } } ]
  policies: { path: ./policies }
`;
    writeFileSync(file, text);
    const starting = startServer({ configPath: file, env: {}, stderr: new Writable(), signal: new AbortController().signal });
    await assert.rejects(starting, {
      code: 'NOT_YET',
      message: /^spec\.journal\.postgres: this version cannot open a journal in Postgres yet$/,
    });
  });
});
