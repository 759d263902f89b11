import assert from 'node:assert/strict';
import { journalFile } from '#server/journal-file.ts';

describe('server/journal-file', () => {
  it('names the file of a journal in SQLite', () => {
    assert.equal(journalFile({ sqlite: { path: '/var/lib/headgate/headgate.db' } }), '/var/lib/headgate/headgate.db');
  });

  it('says how to go on where the journal is in Postgres', () => {
    assert.throws(() => journalFile({ postgres: { url: { env: 'POSTGRES_URL', at: 'headgate.yaml:5:5' }, data: '/data' } }), {
      code: 'NOT_YET',
      hint: /headgate get records/,
    });
  });
});
