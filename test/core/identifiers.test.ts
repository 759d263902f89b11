import assert from 'node:assert/strict';
import fc from 'fast-check';
import { systemClock } from '#core/clock.ts';
import { isId, newId } from '#core/ids.ts';
import { requestToken } from '#core/reconcile.ts';
import { hasCommit, isAtCommit, parseRevision } from '#core/revision.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { parseTargetKey, targetKey } from '#core/target.ts';
import { toWire } from '#core/wire.ts';

const commit = 'a'.repeat(40);

describe('newId', () => {
  it('names its kind and is recognised', () => {
    const id = newId('chg', systemClock);

    assert.match(id, /^chg_[0-9a-z]{22}$/);
    assert.ok(isId('chg', id));
    assert.ok(!isId('dlv', id));
  });

  it('sorts by time', async () => {
    const clock = new SimulatedClock();
    const first = newId('dlv', clock);
    await clock.advance(1);

    assert.ok(first < newId('dlv', clock));
  });
});

describe('parseRevision', () => {
  const rows: readonly (readonly [text: string, pointer: string | null, digest: string])[] = [
    [`main@sha1:${commit}`, 'main', commit],
    [`sha1:${commit}`, null, commit],
    [`refs/heads/main@sha1:${commit}`, 'refs/heads/main', commit],
    [`user@branch@sha1:${commit}`, 'user@branch', commit],
    [`v1@sha256:${'b'.repeat(64)}`, 'v1', 'b'.repeat(64)],
  ];
  for (const [text, pointer, digest] of rows) {
    it(`splits ${text.slice(0, 40)} at its last @`, () => {
      assert.deepEqual([parseRevision(text)?.pointer, parseRevision(text)?.digest], [pointer, digest]);
    });
  }
  for (const text of ['', 'main', 'main@', '@sha1:', 'sha1:', 'a:b:c']) {
    it(`finds no digest in ${JSON.stringify(text)}`, () => assert.equal(parseRevision(text), undefined));
  }
});

describe('isAtCommit', () => {
  it('compares the digest only', () => {
    assert.ok(isAtCommit(`main@sha1:${commit}`, commit));
    assert.ok(isAtCommit(`sha1:${commit}`, commit));
    assert.ok(!isAtCommit(`main@sha1:${'b'.repeat(40)}`, commit));
    assert.ok(!isAtCommit(null, commit));
  });
});

describe('targetKey', () => {
  it('is read back', () => {
    const target = { cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: 'web' };

    assert.deepEqual(parseTargetKey(targetKey(target)), target);
  });

  for (const text of ['', 'a/b/c', 'a/b/c/d/e', 'a//c/d']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseTargetKey(text), undefined));
  }
});

describe('requestToken', () => {
  it('is RFC 3339 with nanoseconds and the same whenever it is made', () => {
    const token = requestToken(Date.UTC(2026, 10, 21, 10), 42, 0);

    assert.equal(token, '2026-11-21T10:00:00.000000672Z');
    assert.equal(token, requestToken(Date.UTC(2026, 10, 21, 10), 42, 0));
  });

  it('differs between reconciles of one millisecond and between asks of one reconcile', () => {
    fc.assert(
      fc.property(fc.nat(60_000), fc.nat(15), fc.nat(15), (seq, one, other) => {
        assert.notEqual(requestToken(0, seq, one), requestToken(0, seq + 1, other));
        assert.equal(requestToken(0, seq, one) === requestToken(0, seq, other), one === other);
      }),
    );
  });
});

describe('toWire', () => {
  it('writes times as RFC 3339 wherever they stand, and leaves the rest', () => {
    const value = { at: 0, receivedAt: 1, endedAt: null, count: 5, list: [{ at: 2 }], format: 7 };

    assert.deepEqual(toWire(value), {
      at: '1970-01-01T00:00:00.000Z',
      receivedAt: '1970-01-01T00:00:00.001Z',
      endedAt: null,
      count: 5,
      list: [{ at: '1970-01-01T00:00:00.002Z' }],
      format: 7,
    });
  });
});

describe('hasCommit', () => {
  const commit = 'a'.repeat(40);

  it('goes by what an artifact was made from, where it says so', () => {
    const published = { artifactRevision: `prod@sha256:${'d'.repeat(64)}`, artifactOrigin: `default@sha1:${commit}` };
    assert.ok(hasCommit(published, commit));
    assert.ok(!hasCommit(published, 'd'.repeat(64)));
    assert.ok(hasCommit({ artifactRevision: `main@sha1:${commit}` }, commit));
    assert.ok(!hasCommit({ artifactRevision: null }, commit));
  });
});
