import { draftOf } from '#journal/records/chain.ts';
import { oneByOne, type Bulk } from '#journal/postgres/operations/bulk.ts';
import type { Statement } from '#journal/postgres/session.ts';

/** Puts something else than a decision or an outcome on record. */
export const note: Bulk<'note'> = async ({ ledger }, requests) => {
  for (const { kind, at, content } of requests) ledger.add(kind, at, draftOf(ledger.references.inFacts(content, at)));
  return requests.map(() => ({ answer: null }));
};

const sight: Statement = {
  name: 'see',
  text: `INSERT INTO applied (target, revision) SELECT * FROM unnest($1::text[], $2::text[])
    ON CONFLICT (target) DO UPDATE SET revision = excluded.revision WHERE applied.revision <> excluded.revision RETURNING target`,
};

/** Notes what targets run, and puts it on record where no decision allowed it; nothing when that was seen last. */
export const see: Bulk<'see'> = async ({ session, ledger }, requests) => {
  const rows = await session.rows<{ target: string }>(sight, [
    requests.map(({ target }) => target),
    requests.map(({ revision }) => revision),
  ]);
  const fresh = new Set(rows.map(({ target }) => target));
  for (const { target, revision, at, ungated } of requests)
    if (ungated !== null && fresh.has(target)) ledger.add('applied', at, draftOf({ target, revision, decision: null, ...ungated }));
  return requests.map(() => ({ answer: null }));
};

const erase: Statement = { name: 'person erase', text: 'DELETE FROM person WHERE reference = $1 RETURNING 1' };
/** Every process forgets what it remembers of names (Ledger.open). */
export const erased: Statement = { name: 'person erased', text: 'UPDATE headgate_journal SET erasures = erasures + 1' };

/** Erases whom a reference means, and puts on record that it was erased. False when no name was kept. */
export const erasePerson = oneByOne<'erasePerson'>(async ({ session, ledger }, { reference, now }) => {
  const rows = await session.rows(erase, [reference]);
  ledger.references.forget();
  if (rows.length === 0) return false;
  await session.rows(erased, []);
  ledger.add('erased', now, draftOf({ person: reference }));
  return true;
});
