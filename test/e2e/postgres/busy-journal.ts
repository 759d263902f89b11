import assert from 'node:assert/strict';
import type { Change } from '#core/change.ts';
import type { Journal } from '#core/ports/journal.ts';
import { decision, delivery, done, match, sha, targetOf } from '../../conformance/journal/material.ts';

const web = 'prod/GitRepository/apps/web';
const always = Number.MAX_SAFE_INTEGER;

/** Something in every table, in every state; much of it what is easily lost on the way: odd text, nothing at all, what was deleted before. */
export async function makeBusy(journal: Journal): Promise<void> {
  await forgetSome(journal);
  for (let n = 10; n < 40; n++) await journal.append(delivery(n));
  await journal.append(delivery(40, { reading: { ignored: 'ping' } }));
  await journal.append(delivery(41, { body: new Uint8Array(), headers: {} }));
  await journal.append(delivery(42, { event: 'zahl "€" \u{1f3c1}\ttab', deliveryId: 'ümlaut\\N%', kind: 'stream' }));
  await journal.append(delivery(43, { body: new Uint8Array(300_000).map((_, at) => at * 7) }));
  for (let n = 10; n < 30; n++) await journal.settle([done(n, ['web', 'api'], { readBack: brought(n) })]);
  await journal.settle([{ delivery: 'dlv_30', state: 'done', reason: null, match: { ...match(30, ['web']), change: owedChange(30) } }]);
  await journal.settle([{ delivery: 'dlv_31', state: 'ignored', reason: 'not-followed' }]);
  await deny(journal);
  await journal.defer('dlv_33', 'the forge is away', 60_000);
  await journal.defer('dlv_34', 'given up', null);
  await work(journal);
  await journal.see({ target: web, revision: 'main@sha1:1', at: 5, ungated: { first: true, denied: null } });
  await journal.note({ kind: 'started', at: 7, content: { version: '1', '\u20ac': 'a \u0000 b', n: 1.5 } });
  await journal.told('chat', 3);
}

/** Retention has been there: the chain begins in its middle, and positions that are gone are not given out again. */
async function forgetSome(journal: Journal): Promise<void> {
  for (let n = 1; n < 6; n++) await journal.append(delivery(n));
  for (let n = 1; n < 6; n++) await journal.settle([done(n, ['web'])]);
  const lease = (await journal.take(web)) ?? assert.fail('nothing is queued');
  await journal.release(lease, { state: 'ended', outcome: 'applied', endedAt: 4 });
  await journal.prune({ bodies: always, records: always });
  assert.ok(((await journal.records({}, { limit: 100, cursor: null })).items.at(-1)?.record.seq ?? 0) > 1, 'the chain was not cut');
}

function brought(n: number): Change['readBack'] {
  const people = { owner: null, uploader: null, submitter: null };
  const more = { submission: null, topic: null, requirements: [], votes: [], rules: null };
  const review = { id: `org%2Fapp~${n}`, url: null, ...people, submittedAt: n, ...more, reverts: n % 3 === 0 ? n - 1 : null };
  const pull = { number: n, title: `Change ${n}`, author: null, mergedBy: null, base: null, head: sha(n), reviews: [], review };
  const range = { base: sha(n - 1), commits: 1, files: 0, firstFiles: [], pulls: [pull], checks: [], lacked: [] };
  return { by: 'api', at: n, head: sha(n), standing: 'head', range };
}

const owedChange = (n: number): Change => ({ ...match(n, []).change, owed: ['lab'] });

async function deny(journal: Journal): Promise<void> {
  const { change } = match(32, []);
  const facts = { base: sha(31), actors: ['octocat'], note: 'U+0000 is \u0000', submitter: 'octocat' };
  const denied = decision('dec_denied', change.id, targetOf('web'), 'deny', { wouldBe: 'deny', facts });
  const settlement = { change, candidates: [], decisions: [denied], reconciles: [] };
  await journal.settle([{ delivery: 'dlv_32', state: 'done', reason: null, match: settlement }]);
}

async function work(journal: Journal): Promise<void> {
  const lease = (await journal.take(web)) ?? assert.fail('nothing is queued');
  const published = { address: 'registry.example/app:main', digest: `sha256:${'a'.repeat(64)}`, bytes: 12 };
  const steps = [{ at: 3, name: 'triggered', detail: 'Flux was asked' }] as const;
  await journal.release(lease, { state: 'observing', triggeredAt: 3, token: 'tök', published, steps });
  await journal.take('prod/GitRepository/apps/api'); // and the process ends with that lease
}
