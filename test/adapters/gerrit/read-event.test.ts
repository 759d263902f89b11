import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readEvent, type GerritEvent, type MovedRef } from '#adapters/gerrit/read-event.ts';
import { readLine } from '#adapters/gerrit/read-line.ts';
import { HeadgateError } from '#core/errors.ts';
import { streamLines, webhook } from './captured.ts';

const zeros = '0'.repeat(40);
const one = '1'.repeat(40);
const two = '2'.repeat(40);

type Json = Record<string, unknown>;

const bytes = (event: unknown): Buffer => Buffer.from(JSON.stringify(event));

function refUpdated(refUpdate: Json = {}, more: Json = {}): Json {
  const update = { oldRev: one, newRev: two, refName: 'refs/heads/main', project: 'demo/app', ...refUpdate };
  return { submitter: { username: 'dev' }, refUpdate: update, type: 'ref-updated', eventCreatedOn: 1_700_000_000, ...more };
}

function changeMerged(more: Json = {}): Json {
  return {
    submitter: { name: 'Dev', email: 'dev@example.com', username: 'dev' },
    newRev: two,
    patchSet: { number: 3, revision: one },
    change: { project: 'demo/app', branch: 'main', number: 7, status: 'MERGED' },
    project: 'demo/app',
    refName: 'refs/heads/main',
    changeKey: { id: `I${one}` },
    type: 'change-merged',
    eventCreatedOn: 1_700_000_001,
    ...more,
  };
}

function moved(event: unknown): MovedRef {
  const read = readEvent(Buffer.isBuffer(event) ? event : bytes(event));
  assert.equal(read.kind, 'hint', JSON.stringify(read));
  return read as MovedRef;
}

function idOf(event: unknown): string {
  return moved(event).deliveryId;
}

function reasonOf(event: unknown): string {
  const read = readEvent(bytes(event));
  assert.equal(read.kind, 'noise', JSON.stringify(read));
  return (read as Extract<GerritEvent, { kind: 'noise' }>).reason;
}

const invalid = (event: unknown, message: RegExp): void =>
  assert.throws(() => readEvent(Buffer.isBuffer(event) ? event : bytes(event)), { code: 'PAYLOAD_INVALID', message });

describe('a ref-updated event', () => {
  it('is a hint that the branch moved, as a server wrote it', () => {
    assert.deepEqual(moved(webhook('0058').body).hint, {
      repository: 'demo/app2',
      ref: 'refs/heads/main',
      before: '17793eb2b7c8dd39cc4982a09bc30422e651a244',
      after: '7eabc79ee033e185bbb43c69e2e237baef17cc2a',
      commit: '7eabc79ee033e185bbb43c69e2e237baef17cc2a',
      action: 'updated',
      occurredAt: 1_795_247_510_000,
      actors: [{ role: 'pusher', account: null, name: 'admin', kind: 'unknown' }],
    });
  });

  it('creates and deletes where the other revision is all zeros', () => {
    const created = moved(webhook('0067').body).hint;
    assert.deepEqual([created.action, created.before, created.ref], ['created', null, 'refs/heads/rel/1.0']);
    const deleted = moved(webhook('0071').body).hint;
    assert.deepEqual([deleted.action, deleted.after, deleted.commit], ['deleted', null, null]);
    invalid(refUpdated({ oldRev: zeros, newRev: zeros }), /both zero/);
  });

  it('does not know the commit of a tag, which may be annotated', () => {
    const { hint } = moved(webhook('0077').body);
    assert.deepEqual([hint.ref, hint.action, hint.commit], ['refs/tags/v1.0', 'created', null]);
    assert.match(String(hint.after), /^[0-9a-f]{40}$/);
  });

  it('names nobody where Gerrit moved the ref itself, and for an author without an account', () => {
    for (const submitter of [undefined, null, {}, { username: '' }, { name: 'Somebody', email: 'dev@example.com' }])
      assert.deepEqual(moved(refUpdated({}, { submitter })).hint.actors, []);
  });

  it('may name a branch without refs/heads/, as servers before 2.13 did: it is the same event', () => {
    assert.equal(moved(refUpdated({ refName: 'main' })).hint.ref, 'refs/heads/main');
    assert.equal(idOf(refUpdated({ refName: 'main' })), idOf(refUpdated()));
    assert.match(reasonOf(refUpdated({ refName: 'HEAD' })), /neither a branch nor a tag/);
  });

  it('may come without a time, and with a time in text', () => {
    assert.equal(moved(refUpdated({}, { eventCreatedOn: undefined })).hint.occurredAt, null);
    assert.equal(moved(refUpdated({}, { eventCreatedOn: '1700000000' })).hint.occurredAt, 1_700_000_000_000);
    assert.equal(idOf(refUpdated({}, { eventCreatedOn: '1700000000' })), idOf(refUpdated()));
    for (const eventCreatedOn of [1.5, -1, 8.64e12 + 1, 'soon']) invalid(refUpdated({}, { eventCreatedOn }), /eventCreatedOn does not fit/);
  });

  it('has an id of its own for each project, ref, revision and second', () => {
    const events = [
      refUpdated(),
      refUpdated({ project: 'demo/other' }),
      refUpdated({ refName: 'refs/heads/other' }),
      refUpdated({ oldRev: zeros }),
      refUpdated({ newRev: zeros }),
      refUpdated({}, { eventCreatedOn: 1_700_000_002 }),
    ];
    assert.equal(new Set(events.map(idOf)).size, events.length);
    assert.equal(idOf(refUpdated()), idOf(refUpdated({}, { instanceId: 'replica', submitter: { username: 'dev', name: 'Renamed' } })));
  });

  it('is refused where a field that is needed does not fit, and the message quotes nothing', () => {
    invalid(refUpdated({ newRev: 'secret-value' }), /^not ref-updated: refUpdate.newRev does not fit$/);
    invalid({ type: 'ref-updated' }, /refUpdate does not fit/);
    for (const project of [
      '',
      '/a',
      'a/',
      'a//b',
      '../a',
      'a/../b',
      'a/./b',
      'a?b',
      'a%2fb',
      'a~b',
      'a:b',
      'a/+/b',
      'a\nb',
      'a'.repeat(256),
    ])
      invalid(refUpdated({ project }), /refUpdate.project does not fit/);
    for (const project of ['app', 'a/b/c', 'with space', 'ünïcode', '.dot', 'All-Projects'])
      assert.equal(moved(refUpdated({ project })).hint.repository, project);
  });
});

describe('a change-merged event', () => {
  it('is an echo of the ref that moved, and names the submitter, as a server wrote it', () => {
    assert.deepEqual(moved(webhook('0060').body).hint, {
      repository: 'demo/app2',
      ref: 'refs/heads/main',
      before: null,
      after: '7eabc79ee033e185bbb43c69e2e237baef17cc2a',
      commit: '7eabc79ee033e185bbb43c69e2e237baef17cc2a',
      action: 'updated',
      occurredAt: 1_795_247_511_000,
      actors: [{ role: 'pusher', account: null, name: 'admin', kind: 'unknown' }],
      echo: true,
    });
    assert.equal(moved(webhook('0060').body).hint.after, moved(webhook('0058').body).hint.after);
  });

  it('reads the same of both Gson shapes, and of numbers in text', () => {
    const stream = moved(changeMerged());
    const other = { project: { name: 'demo/app' }, changeKey: { key: `I${one}` } };
    const text = { change: { project: 'demo/app', branch: 'main', number: '7' }, patchSet: { number: '3', revision: one } };
    assert.deepEqual(moved(changeMerged(other)), stream);
    assert.deepEqual(moved(changeMerged(text)), stream);
    assert.deepEqual(moved(changeMerged({ refName: undefined })), stream);
  });

  it('takes the project of the change before the other one, and the other one where the change has none', () => {
    assert.equal(moved(changeMerged({ project: { name: 'other' } })).hint.repository, 'demo/app');
    const change = { branch: 'main', number: 7 };
    assert.equal(moved(changeMerged({ change, project: { name: 'other' } })).hint.repository, 'other');
    invalid(changeMerged({ change, project: undefined }), /names no project/);
  });

  it('tells changes of one submit apart, which have one revision, and not by when it was sent', () => {
    const another = changeMerged({ change: { project: 'demo/app', branch: 'main', number: 8 } });
    assert.notEqual(idOf(another), idOf(changeMerged()));
    assert.notEqual(idOf(changeMerged({ patchSet: { revision: two } })), idOf(changeMerged()));
    assert.equal(idOf(changeMerged({ eventCreatedOn: 1_800_000_000, instanceId: 'replica' })), idOf(changeMerged()));
  });

  it('is noise without the revision, which old servers leave out', () => {
    assert.match(reasonOf(changeMerged({ newRev: undefined })), /without newRev/);
  });
});

describe('an event that moves no branch or tag', () => {
  it('is noise, with a reason', () => {
    for (const refName of ['refs/changes/21/21/meta', 'refs/meta/config', 'refs/sequences/changes', 'refs/users/00/1000000'])
      assert.match(reasonOf(refUpdated({ refName })), /neither a branch nor a tag/);
    assert.match(reasonOf(changeMerged({ refName: 'refs/meta/config' })), /neither a branch nor a tag/);
    assert.match(reasonOf({ type: 'comment-added', change: {} }), /^event comment-added moves no branch or tag$/);
    assert.match(reasonOf({ type: 'something-new' }), /something-new/);
    assert.match(reasonOf({ type: 'batch-ref-updated', refUpdates: [], projectName: 'x' }), /a ref-updated of its own/);
  });

  it('is told apart without being parsed where Gerrit wrote it, and by parsing where somebody else did', () => {
    assert.deepEqual(readEvent(webhook('0003').body), { kind: 'noise', reason: 'the ref is neither a branch nor a tag' });
    assert.equal(readEvent(Buffer.from('{"refName":"refs/changes/1/1/meta", not JSON')).kind, 'noise');
    const spaced = Buffer.from(JSON.stringify(refUpdated({ refName: 'refs/changes/21/21/meta' }), null, 2));
    assert.deepEqual(readEvent(spaced), { kind: 'noise', reason: 'the ref is neither a branch nor a tag' });
  });

  it('is not made of an event by what somebody writes into it', () => {
    const name = '","refName":"refs/changes/1/1/meta';
    assert.equal(moved(refUpdated({}, { submitter: { username: name } })).hint.ref, 'refs/heads/main');
    const change = { project: 'demo/app', branch: 'main', number: 7, subject: '{"refName":"refs/meta/config"}' };
    assert.equal(moved(changeMerged({ change })).hint.ref, 'refs/heads/main');
  });
});

describe('the two transports', () => {
  it('tell each captured event alike, with the same id', () => {
    const numbers = ['0005', '0058', '0060', '0067', '0071', '0075', '0077', '0079', '0131', '0172'];
    const heard = streamLines('run2/admin-all').map(readLine);
    const received = heard.flatMap((line) => (line.kind === 'event' ? [line.received] : []));
    const sent = numbers.map((number) => readLine(webhook(number).body)).flatMap((line) => (line.kind === 'event' ? [line.received] : []));
    assert.equal(received.length, numbers.length);
    assert.deepEqual(received, sent);
    assert.equal(new Set(received.map(({ deliveryId }) => deliveryId)).size, numbers.length);
    assert.deepEqual(new Set(heard.map(({ kind }) => kind)), new Set(['event', 'noise']));
  });
});

describe('a line of the stream', () => {
  it('may say that others were dropped', () => {
    assert.deepEqual(streamLines('dropped-output').map(readLine), [{ kind: 'dropped' }]);
  });

  it('is unreadable where it is no event, without being quoted', () => {
    for (const line of ['', 'null', '[]', '"text"', '{}', '{"type":7}', '{"type":"ref-updated"', '{"type":"line\\nbreak"}', '\u0000']) {
      const read = readLine(Buffer.from(line));
      assert.equal(read.kind, 'unreadable', line);
    }
    assert.equal(readLine(Buffer.from([0x7b, 0xff, 0x7d])).kind, 'unreadable');
    assert.equal(readLine(Buffer.from('['.repeat(1_000_000))).kind, 'unreadable');
  });
});

describe('readEvent', () => {
  it('takes any JSON, or throws PAYLOAD_INVALID', () => {
    const type = fc.constantFrom('ref-updated', 'change-merged', 'dropped-output', 'batch-ref-updated', 'comment-added');
    const shaped = fc.tuple(fc.dictionary(fc.constantFrom('refUpdate', 'change', 'newRev', 'patchSet', 'project'), fc.jsonValue()), type);
    const events = fc.oneof(
      fc.jsonValue(),
      shaped.map(([json, name]) => ({ ...json, type: name })),
    );
    fc.assert(
      fc.property(events, (event) => {
        try {
          assert.ok(['hint', 'noise', 'dropped'].includes(readEvent(bytes(event)).kind));
        } catch (error) {
          assert.ok(error instanceof HeadgateError && error.code === 'PAYLOAD_INVALID', String(error));
        }
      }),
    );
  });

  it('takes every part of an event that was cut off, or throws PAYLOAD_INVALID', () => {
    for (const line of [webhook('0003').body, webhook('0058').body, webhook('0060').body])
      for (let end = 0; end < line.length; end++) {
        const { kind } = readLine(line.subarray(0, end));
        assert.ok(kind === 'unreadable' || kind === 'noise', `${end}: ${kind}`);
      }
  });

  it('takes any bytes, or throws PAYLOAD_INVALID', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (event) => {
        assert.throws(() => readEvent(event), { code: 'PAYLOAD_INVALID' });
      }),
    );
  });

  it('reads the same of both shapes, whatever the names', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9 ._-]{0,20}(\/[a-z0-9][a-z0-9._-]{0,20}){0,3}$/);
    const sha = fc.stringMatching(/^[0-9a-f]{39}[1-9a-f]$/);
    fc.assert(
      fc.property(name, fc.nat(), sha, sha, fc.string({ unit: 'grapheme' }), (project, number, newRev, revision, subject) => {
        const change = { branch: 'main', number, subject };
        const event = { change, project, newRev, patchSet: { revision } };
        const other = { project: { name: project }, change: { ...change, number: String(number) } };
        assert.deepEqual(moved(changeMerged({ ...event, ...other })), moved(changeMerged(event)));
      }),
    );
  });
});
