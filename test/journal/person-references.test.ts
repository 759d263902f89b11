import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Decision } from '#core/decision.ts';
import { limits } from '#core/limits.ts';
import { openPersonKey } from '#journal/records/person-key.ts';
import { PersonReferences, type KeptName } from '#journal/records/person-references.ts';
import { verifyChain } from '#journal/records/verify-chain.ts';
import { readChain } from '#journal/sqlite/read-chain.ts';
import { readNames } from '#journal/sqlite/read-names.ts';
import { allPages, decision, delivery, match, targetOf } from '../conformance/journal/material.ts';
import { SqliteWorld } from './sqlite-world.ts';

const key = new Uint8Array(32).fill(7);
const day = 24 * 60 * 60 * 1_000;
const reference = /^person:[0-9a-f]{32}$/;

const facts: Decision['facts'] = {
  source: 'hub',
  repository: 'org/app',
  confirmed: true,
  subject: 'ada@example.com',
  subjectIssuer: 'corp',
  person: 'ada',
  pusher: 'unresolved: no document names octocat (583231) of hub',
  actors: ['pusher octocat (583231)', 'sender octocat (583231)', 'requester Ada of (all) people'],
  reviewed: [
    `#12 by grace (hub hopper 7) on ${'a'.repeat(40)} at 2026-01-01T00:00:00.000Z`,
    'alan',
    'and 3 more',
    `payments reviews[0]: #12 by grace (hub hopper 7) on ${'a'.repeat(40)} at an unknown time`,
  ],
  submitted: [
    '#42 by dev at noon (hub dev at noon 1000002) at 2026-01-01T00:00:00.000Z',
    '#43 by barbara (hub barbara 8) at an unknown time',
    'and 3 more',
  ],
  namespaces: ['apps'],
  access: 'unmapped: nothing says who ada is there',
  accessUser: 'oidc:ada',
  accessReason: 'RBAC: allowed by RoleBinding "deployers/apps" of Role "deployer" to User "oidc:ada"',
};
const people = ['ada', 'octocat', 'grace', 'hopper', 'alan', '583231', 'Ada', 'dev', '1000002', 'barbara'];

describe('references to people', () => {
  const kept: KeptName[] = [];
  let references: PersonReferences;
  beforeEach(() => {
    kept.length = 0;
    references = new PersonReferences(key, (name) => kept.push(name));
  });

  it('stand in facts for everybody who is named there, and leave the rest as it is', () => {
    const seen = references.inFacts(facts, 5);
    const text = JSON.stringify(seen);
    for (const name of people) assert.ok(!text.includes(name), `${name} in ${text}`);
    const { subject, person, pusher, actors, reviewed, submitted, access, accessUser, accessReason, ...others } = seen as Record<
      string,
      readonly string[]
    >;
    for (const one of [subject, person]) assert.match(String(one), reference);
    assert.match(String(access), /^unmapped: person:[0-9a-f]{32}$/);
    assert.match(String(accessUser), reference);
    assert.equal(accessReason, `RBAC: allowed by RoleBinding "deployers/apps" of Role "deployer" to User "${String(accessUser)}"`);
    assert.match(String(pusher), /^unresolved: person:[0-9a-f]{32}$/);
    assert.deepEqual(
      actors?.map((actor) => actor.split(' ')[0]),
      ['pusher', 'sender', 'requester'],
    );
    assert.equal(actors[0]?.split(' ')[1], actors[1]?.split(' ')[1]);
    assert.match(reviewed?.[0] ?? '', /^#12 by person:[0-9a-f]{32} on a{40} at 2026-01-01T00:00:00.000Z$/);
    assert.match(reviewed?.[3] ?? '', /^payments reviews\[0\]: #12 by person:[0-9a-f]{32} on a{40} at an unknown time$/);
    assert.match(
      (submitted ?? []).join(),
      /^#42 by person:[0-9a-f]{32} at 2026-01-01T00:00:00.000Z,#43 by person:[0-9a-f]{32} at an unknown time,and 3 more$/,
    );
    assert.deepEqual([reviewed?.[2], reference.test(reviewed?.[1] ?? '')], ['and 3 more', true]);
    assert.deepEqual(others, { source: 'hub', repository: 'org/app', confirmed: true, subjectIssuer: 'corp', namespaces: ['apps'] });
  });

  it('are the same for one name under one source, and others under another source or with another key', () => {
    const of = (from: PersonReferences, source: string) =>
      JSON.stringify(from.inFacts({ source, actors: ['pusher ada (1)'] }, 1)['actors']);
    const other = new PersonReferences(new Uint8Array(32), () => {});
    const all = [of(references, 'hub'), of(references, 'lab'), of(other, 'hub')];
    assert.equal(new Set(all).size, 3);
    assert.equal(of(references, 'hub'), all[0]);
  });

  it('keep a name once, and again when its last use is a day ago', () => {
    const actors = (at: number) => references.inFacts({ source: 'hub', actors: ['pusher ada (1)'] }, at);
    for (const at of [10, 11, 10 + limits.records.personRefresh]) actors(at);
    assert.deepEqual(
      kept.map(({ name, at }) => [name, at]),
      [
        ['ada (1)', 10],
        ['ada (1)', 10 + limits.records.personRefresh],
      ],
    );
  });
});

describe('the key of references to people', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-person-key-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is made once, for its owner alone', async () => {
    const path = join(directory, 'new', 'persons.key');
    const made = await openPersonKey(path);
    assert.deepEqual([made.length, statSync(path).mode & 0o777], [32, 0o600]);
    assert.deepEqual(await openPersonKey(path), made);
    assert.notDeepEqual(await openPersonKey(join(directory, 'other.key')), made);
  });

  it('is refused when others may read it, or it is none', async () => {
    const path = join(directory, 'persons.key');
    await openPersonKey(path);
    chmodSync(path, 0o644);
    await assert.rejects(openPersonKey(path), { code: 'SECRET_UNAVAILABLE', message: /others may read it/ });
    chmodSync(path, 0o600);
    writeFileSync(path, 'short');
    await assert.rejects(openPersonKey(path), { code: 'SECRET_UNAVAILABLE', message: /hex/ });
  });
});

describe('names in a journal', () => {
  let world: SqliteWorld;
  beforeEach(async () => {
    world = await SqliteWorld.open({ persons: key });
  });
  afterEach(() => world.destroy());

  const settle = async (n: number, at: number): Promise<string> => {
    await world.journal.append(delivery(n));
    const decided = decision(`dec_${n}`, `chg_${n}`, targetOf('web'), 'deny', { facts, at });
    await world.journal.settle([{ delivery: `dlv_${n}`, state: 'done', reason: null, match: { ...match(n, []), decisions: [decided] } }]);
    const [record] = (await world.journal.records({ decision: `dec_${n}` }, allPages)).items;
    assert.ok(record);
    return String((record.record['facts'] as { subject: string }).subject);
  };
  const whole = (): boolean => readChain(world.path, ({ base, links }) => verifyChain(base, links, [])).fault === null;

  it('are kept beside the chain, and erased without breaking it, which is on record', async () => {
    const subject = await settle(1, 1_000);
    assert.equal(await world.journal.person(subject), 'ada@example.com');
    assert.deepEqual(new Set(readNames(world.path).map(({ name }) => name)).has('octocat (583231)'), true);
    assert.equal(await world.journal.erasePerson(subject), true);
    assert.equal(await world.journal.erasePerson(subject), false);
    assert.equal(await world.journal.person(subject), undefined);
    const [erased] = (await world.journal.records({ kind: 'erased' }, allPages)).items;
    assert.equal(erased?.record['person'], subject);
    assert.ok(whole());
  });

  it('are gone from the file itself once they are erased and the log has been moved into it', async () => {
    await world.journal.note({ kind: 'started', at: 1, content: { subject: 'nobody-else@example.com', subjectIssuer: 'corp' } });
    const inFile = (): boolean =>
      ['', '-wal'].some((end) => existsSync(world.path + end) && readFileSync(world.path + end).includes('nobody-else'));
    const note = (await world.journal.record('1'))?.record['subject'];
    assert.equal(inFile(), true);
    await world.journal.erasePerson(String(note));
    await world.reopen();
    assert.equal(inFile(), false);
  });

  it('come back with the next thing that somebody does', async () => {
    const subject = await settle(1, 1_000);
    await world.journal.erasePerson(subject);
    assert.equal(await settle(2, 2_000), subject);
    assert.equal(await world.journal.person(subject), 'ada@example.com');
  });

  it('are kept with what they are recorded with, or not at all', async () => {
    await world.journal.append(delivery(1));
    const decided = decision('dec_1', 'chg_1', targetOf('web'), 'deny', { facts });
    const settled = { delivery: 'dlv_1', state: 'done', reason: null, match: { ...match(1, []), decisions: [decided] } } as const;
    await assert.rejects(world.journal.settle([settled, { delivery: 'dlv_none', state: 'done', reason: null }]));
    assert.deepEqual(readNames(world.path), []);
    await world.journal.settle([settled]);
    assert.notDeepEqual(readNames(world.path), []);
  });

  it('go when no record that is kept can need them', async () => {
    const subject = await settle(1, day);
    await world.journal.prune({ bodies: 0, records: 2 * day });
    assert.equal(await world.journal.person(subject), 'ada@example.com');
    await world.journal.prune({ bodies: 0, records: 10 * day });
    assert.deepEqual([await world.journal.person(subject), whole()], [undefined, true]);
  });
});
