import assert from 'node:assert/strict';
import { csvHeader, csvLine, jsonLine } from '../../cli/audit/export-lines.ts';

const names = new Map<string, string>();
const link = (record: object) => ({ hash: 'h', document: JSON.stringify({ seq: 1, at: 0, ...record }) });
const row = (record: object): Readonly<Record<string, string>> => {
  const cells = csvLine(link(record), names).split(',');
  return Object.fromEntries(
    csvHeader
      .split(',')
      .map((name, index) => [name, cells[index] ?? ''])
      .filter(([, cell]) => cell !== ''),
  );
};

describe('exported records', () => {
  it('show in a table what no decision allowed, and when nobody looked', () => {
    const always = { seq: '1', at: '1970-01-01T00:00:00.000Z', hash: 'h' };
    const applied = {
      kind: 'applied',
      target: 'prod/GitRepository/apps/web',
      revision: 'main@sha1:a',
      decision: null,
      denied: null,
      first: false,
    };
    assert.deepEqual(row(applied), { ...always, kind: 'applied', target: 'prod/GitRepository/apps/web', revision: 'main@sha1:a' });
    const gap = { kind: 'unobserved', cluster: 'prod', beganAt: 1_000, endedAt: 2_000 };
    const span = { from: '1970-01-01T00:00:01.000Z', until: '1970-01-01T00:00:02.000Z' };
    assert.deepEqual(row(gap), { ...always, kind: 'unobserved', cluster: 'prod', ...span });
  });

  it('show which changes of a review system came with a decision, when they were submitted, and what they revert', () => {
    const brought = [
      { change: 'org%2Fapp~57', reverts: 42, submittedAt: 1_000 },
      { change: 'org%2Fapp~58', reverts: null, submittedAt: null },
    ];
    const shown = row({ kind: 'decided', brought })['brought'];
    assert.equal(shown, 'org%2Fapp~57 submitted 1970-01-01T00:00:01.000Z reverts 42; org%2Fapp~58');
  });

  it('hold the document as it is stored, and names beside it', () => {
    const reference = `person:${'0'.repeat(32)}`;
    const stored = link({ kind: 'decided', facts: { actors: [`pusher ${reference}`] } });
    assert.equal(jsonLine(stored, names), `{"hash":"h","record":${stored.document}}`);
    const named = JSON.parse(
      jsonLine(
        stored,
        new Map([
          [reference, 'octocat (7)'],
          ['person:other', 'ada'],
        ]),
      ),
    ) as { names: object };
    assert.deepEqual(named.names, { [reference]: 'octocat (7)' });
    assert.ok(csvLine(stored, new Map([[reference, 'octocat (7)']])).includes('pusher octocat (7)'));
  });
});
