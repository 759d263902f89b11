import type { DatabaseSync } from 'node:sqlite';
import type { Brought, Deployment, Pairing, Ran } from '#core/brought.ts';
import type { Change } from '#core/change.ts';
import { limits } from '#core/limits.ts';
import type { Archive } from '#core/ports/journal.ts';
import { stored, toTarget, type ChangeRow } from '#journal/rows.ts';
import { targetKey } from '#core/target.ts';

const { targets: mostTargets, reconciles: mostReconciles, reverts: mostReverts } = limits.journal.brought;

const own = 'brought b JOIN change k ON k.id = b.change WHERE b.repository = ?3 AND b.number = ?4 AND b.source = ?5';
/**
 * Which revision of a target holds what: its own; and a newer one of the same repository, but not one that was asked for, or that the ref was forced to,
 * nor what came on top of that.
 */
const holds = `c.repository = ?3 AND c.source = ?5 AND (c.revision IN (SELECT k.revision FROM ${own})
  OR (c.action NOT IN ('requested', 'forced') AND NOT EXISTS (SELECT 1 FROM change f INDEXED BY change_ref
    WHERE f.repository = c.repository AND f.ref = c.ref AND f.source = c.source AND f.seq < c.seq AND f.seq > (SELECT min(k.seq) FROM ${own})
      AND f.action = 'forced' AND f.revision NOT IN (SELECT k.revision FROM ${own}))))`;

export const broughtQueries = {
  change: 'SELECT source, repository, read_back FROM change WHERE id = ?',
  /** Targets that one of them was allowed at, with its first reconcile there. */
  begun: `SELECT r.target, min(r.seq) AS seq FROM brought b JOIN reconcile r INDEXED BY reconcile_change ON r.change = b.change
    WHERE b.repository = ? AND b.number = ? AND b.source = ? GROUP BY r.target ORDER BY seq LIMIT ${mostTargets}`,
  /** The first of a few reconciles from there that ended with a revision that holds it. */
  ran: `SELECT r.seq, r.change, r.ended_at FROM (SELECT seq, change, outcome, reason, ended_at FROM reconcile INDEXED BY reconcile_target
      WHERE target = ?1 AND seq >= ?2 ORDER BY seq LIMIT ${mostReconciles}) r JOIN change c ON c.id = r.change
    WHERE r.ended_at IS NOT NULL AND (r.outcome = 'applied' OR (r.outcome = 'skipped' AND r.reason = 'current')) AND ${holds} ORDER BY r.seq LIMIT 1`,
  reverting: `SELECT number FROM brought INDEXED BY brought_reverts WHERE repository = ? AND reverts = ? AND source = ?
    GROUP BY number ORDER BY number DESC LIMIT ${mostReverts}`,
  newest: `SELECT c.id FROM brought b JOIN change c ON c.id = b.change WHERE b.repository = ? AND b.number = ? AND b.source = ? ORDER BY c.seq DESC LIMIT 1`,
};

/** Reads what came with a change by way of a review system. */
export function sqliteBrought(reader: DatabaseSync): Pick<Archive, 'brought'> {
  return {
    async brought(id) {
      reader.exec('BEGIN');
      try {
        const row = reader.prepare(broughtQueries.change).get(id) as unknown as
          | Pick<ChangeRow, 'source' | 'repository' | 'read_back'>
          | undefined;
        const readBack = row === undefined || row.read_back === null ? null : stored<Change['readBack']>(row.read_back);
        const pulls = (readBack?.range?.pulls ?? []).slice(0, limits.journal.brought.changes);
        const history = row && new History(reader, row.repository, row.source);
        return history ? pulls.flatMap(({ number, review }) => (review ? [history.of(number, review)] : [])) : [];
      } finally {
        reader.exec('COMMIT');
      }
    },
  };
}

interface Reached extends Deployment {
  /** Of the reconcile. */
  readonly seq: number;
}

/** Where changes of one repository came to run. */
class History {
  readonly #reader: DatabaseSync;
  readonly #repository: string;
  readonly #source: string;
  readonly #known = new Map<number, ReadonlyMap<string, Reached>>();

  constructor(reader: DatabaseSync, repository: string, source: string) {
    this.#reader = reader;
    this.#repository = repository;
    this.#source = source;
  }

  of(number: number, { reverts, submittedAt }: { readonly reverts: number | null; readonly submittedAt: number | null }): Brought {
    const deployments = [...this.#deployments(number).values()].map(({ seq: _seq, ...deployment }) => deployment);
    return {
      number,
      submittedAt,
      deployments,
      reverts: reverts === null ? null : this.#pairing(reverts, this.#ran(reverts, number)),
      revertedBy: this.#reverting(number).map((other) => this.#pairing(other, this.#ran(number, other))),
    };
  }

  #pairing(number: number, ran: readonly Ran[]): Pairing {
    const newest = this.#reader.prepare(broughtQueries.newest).get(this.#repository, number, this.#source);
    return { number, change: newest === undefined ? null : String(newest['id']), ran };
  }

  #reverting(number: number): readonly number[] {
    const rows = this.#reader.prepare(broughtQueries.reverting).all(this.#repository, number, this.#source);
    return rows.map((row) => Number(row['number'])).filter((other) => other !== number);
  }

  /** What came with its own revert never ran without it. */
  #ran(reverted: number, by: number): readonly Ran[] {
    const reverting = this.#deployments(by);
    return [...this.#deployments(reverted).values()].flatMap(({ target, at, seq }) => {
      const end = reverting.get(targetKey(target));
      return end && end.seq <= seq ? [] : [{ target, deployedAt: at, revertedAt: end?.at ?? null }];
    });
  }

  #deployments(number: number): ReadonlyMap<string, Reached> {
    const known = this.#known.get(number);
    if (known) return known;
    const key = [this.#repository, number, this.#source];
    const begun = this.#reader.prepare(broughtQueries.begun).all(...key);
    const ran = this.#reader.prepare(broughtQueries.ran);
    const reached = begun.flatMap(({ target, seq }): readonly (readonly [string, Reached])[] => {
      const name = String(target);
      const row = ran.get(name, Number(seq), ...key);
      if (row === undefined) return [];
      return [[name, { target: toTarget(name), at: Number(row['ended_at']), change: String(row['change']), seq: Number(row['seq']) }]];
    });
    const found = new Map(reached);
    this.#known.set(number, found);
    return found;
  }
}
