import type { Brought, Deployment, Pairing, Ran } from '#core/brought.ts';
import type { Change } from '#core/change.ts';
import { limits } from '#core/limits.ts';
import type { Archive } from '#core/ports/journal.ts';
import { targetKey } from '#core/target.ts';
import type { Reader, Rows } from '#journal/postgres/reader.ts';
import { stored, toTarget, type ChangeRow } from '#journal/rows.ts';

const { targets: mostTargets, reconciles: mostReconciles, reverts: mostReverts } = limits.journal.brought;

const own = 'brought b JOIN change k ON k.id = b.change WHERE b.repository = $3 AND b.number = $4 AND b.source = $5';
/** Which revision of a target holds what: as in journal/sqlite/brought.ts. */
const holds = `c.repository = $3 AND c.source = $5 AND (c.revision IN (SELECT k.revision FROM ${own})
  OR (c.action NOT IN ('requested', 'forced') AND NOT EXISTS (SELECT 1 FROM change f
    WHERE f.repository = c.repository AND f.ref = c.ref AND f.source = c.source AND f.seq < c.seq AND f.seq > (SELECT min(k.seq) FROM ${own})
      AND f.action = 'forced' AND f.revision NOT IN (SELECT k.revision FROM ${own}))))`;

export const broughtQueries = {
  change: 'SELECT source, repository, read_back FROM change WHERE id = $1',
  /** Targets that one of them was allowed at, with its first reconcile there. */
  begun: `SELECT r.target, min(r.seq) AS seq FROM brought b JOIN reconcile r ON r.change = b.change
    WHERE b.repository = $1 AND b.number = $2 AND b.source = $3 GROUP BY r.target ORDER BY seq LIMIT ${mostTargets}`,
  /** The first of a few reconciles from there that ended with a revision that holds it. */
  ran: `SELECT r.seq, r.change, r.ended_at FROM (SELECT seq, change, outcome, reason, ended_at FROM reconcile
      WHERE target = $1 AND seq >= $2 ORDER BY seq LIMIT ${mostReconciles}) r JOIN change c ON c.id = r.change
    WHERE r.ended_at IS NOT NULL AND (r.outcome = 'applied' OR (r.outcome = 'skipped' AND r.reason = 'current')) AND ${holds} ORDER BY r.seq LIMIT 1`,
  reverting: `SELECT number FROM brought WHERE repository = $1 AND reverts = $2 AND source = $3
    GROUP BY number ORDER BY number DESC LIMIT ${mostReverts}`,
  newest: `SELECT c.id FROM brought b JOIN change c ON c.id = b.change
    WHERE b.repository = $1 AND b.number = $2 AND b.source = $3 ORDER BY c.seq DESC LIMIT 1`,
};

/** Reads what came with a change by way of a review system, all of it as of one moment. */
export function postgresBrought(reader: Reader): Pick<Archive, 'brought'> {
  return { brought: (id) => reader.snapshot((moment) => broughtBy(moment, id)) };
}

async function broughtBy(moment: Rows, id: string): Promise<readonly Brought[]> {
  const [row] = await moment.rows<Pick<ChangeRow, 'source' | 'repository' | 'read_back'>>(broughtQueries.change, [id]);
  if (row === undefined || row.read_back === null) return [];
  const pulls = (stored<NonNullable<Change['readBack']>>(row.read_back).range?.pulls ?? []).slice(0, limits.journal.brought.changes);
  const history = new History(moment, row.repository, row.source);
  const all: Brought[] = [];
  for (const { number, review } of pulls) if (review) all.push(await history.of(number, review));
  return all;
}

interface Reached extends Deployment {
  /** Of the reconcile. */
  readonly seq: number;
}

/** Where changes of one repository came to run. */
class History {
  readonly #moment: Rows;
  readonly #repository: string;
  readonly #source: string;
  readonly #known = new Map<number, ReadonlyMap<string, Reached>>();

  constructor(moment: Rows, repository: string, source: string) {
    this.#moment = moment;
    this.#repository = repository;
    this.#source = source;
  }

  async of(number: number, review: { readonly reverts: number | null; readonly submittedAt: number | null }): Promise<Brought> {
    const { reverts, submittedAt } = review;
    const deployments = [...(await this.#deployments(number)).values()].map(({ seq: _seq, ...deployment }) => deployment);
    const revertedBy: Pairing[] = [];
    for (const other of await this.#reverting(number)) revertedBy.push(await this.#pairing(other, await this.#ran(number, other)));
    const pairing = reverts === null ? null : await this.#pairing(reverts, await this.#ran(reverts, number));
    return { number, submittedAt, deployments, reverts: pairing, revertedBy };
  }

  async #pairing(number: number, ran: readonly Ran[]): Promise<Pairing> {
    const [newest] = await this.#moment.rows<{ id: string }>(broughtQueries.newest, [this.#repository, number, this.#source]);
    return { number, change: newest?.id ?? null, ran };
  }

  async #reverting(number: number): Promise<readonly number[]> {
    const rows = await this.#moment.rows<{ number: number }>(broughtQueries.reverting, [this.#repository, number, this.#source]);
    return rows.map((row) => row.number).filter((other) => other !== number);
  }

  /** What came with its own revert never ran without it. */
  async #ran(reverted: number, by: number): Promise<readonly Ran[]> {
    const reverting = await this.#deployments(by);
    return [...(await this.#deployments(reverted)).values()].flatMap(({ target, at, seq }) => {
      const end = reverting.get(targetKey(target));
      return end && end.seq <= seq ? [] : [{ target, deployedAt: at, revertedAt: end?.at ?? null }];
    });
  }

  async #deployments(number: number): Promise<ReadonlyMap<string, Reached>> {
    const known = this.#known.get(number);
    if (known) return known;
    const key = [this.#repository, number, this.#source];
    const reached = new Map<string, Reached>();
    for (const { target, seq } of await this.#moment.rows<{ target: string; seq: number }>(broughtQueries.begun, key)) {
      const [row] = await this.#moment.rows<{ seq: number; change: string; ended_at: number }>(broughtQueries.ran, [target, seq, ...key]);
      if (row) reached.set(target, { target: toTarget(target), at: row.ended_at, change: row.change, seq: row.seq });
    }
    this.#known.set(number, reached);
    return reached;
  }
}
