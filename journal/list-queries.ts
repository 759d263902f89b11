import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
  type CompiledQuery,
  type Expression,
  type RawBuilder,
  type SqlBool,
} from 'kysely';
import type { ChangeFilter, DecisionFilter, DeliveryFilter, ReconcileFilter } from '#core/ports/journal.ts';
import type { RecordFilter } from '#core/ports/records.ts';
import type { Delivery } from '#core/delivery.ts';
import { lookPrefix } from '#core/look-id.ts';
import { replayPrefix } from '#core/replay-id.ts';
import type { Span } from '#journal/page.ts';
import {
  changeColumns,
  decisionColumns,
  deliveryColumns,
  reconcileColumns,
  recordColumns,
  type ChangeRow,
  type DecisionRow,
  type DeliveryRow,
  type ReconcileRow,
  type RecordRow,
} from '#journal/rows.ts';

interface Tables {
  readonly delivery: DeliveryRow;
  readonly change: ChangeRow;
  readonly decision: DecisionRow;
  readonly reconcile: ReconcileRow;
  readonly record: RecordRow;
}

type Condition = Expression<SqlBool>;

/** The filtered lists, compiled to SQL and parameters. Kysely builds them, node:sqlite runs them (archive.ts). */
export class ListQueries {
  readonly #db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });

  deliveries(filter: DeliveryFilter, span: Span, limit: number): CompiledQuery {
    const { source, state, event, repository, deliveryId, since, until, replayOf, cause } = filter;
    const conditions = [
      ...within(span),
      ...equals({ delivery_id: deliveryId, source, event, repository }),
      ...(state === undefined ? [] : [deliveryStates[state]]),
      ...atOrAfter('received_at', since),
      ...(until === undefined ? [] : [sql<SqlBool>`received_at < ${until}`]),
      ...(replayOf === undefined ? [] : [this.#named(replayPrefix(replayOf), 'replay')]),
      ...(cause === undefined ? [] : [this.#named(lookPrefix(cause), 'look')]),
    ];
    return this.#db.selectFrom('delivery').select(deliveryColumns).where(all(conditions)).orderBy('seq', 'desc').limit(limit).compile();
  }

  changes(filter: ChangeFilter, span: Span, limit: number): CompiledQuery {
    const { source, repository, ref, revision, brought, delivery, since } = filter;
    const conditions = [
      ...within(span),
      ...equals({ delivery, repository, ref, source }),
      ...(revision === undefined ? [] : [this.#begins(revision)]),
      ...(brought === undefined ? [] : [sql<SqlBool>`id in (select change from brought where number = ${brought})`]),
      ...atOrAfter('received_at', since),
    ];
    return this.#db.selectFrom('change').select(changeColumns).where(all(conditions)).orderBy('seq', 'desc').limit(limit).compile();
  }

  decisions({ change, target, verdict, wouldBe, since }: DecisionFilter, span: Span, limit: number): CompiledQuery {
    const conditions = [
      ...within(span),
      ...equals({ change, target, verdict }),
      ...(wouldBe === undefined ? [] : [sql<SqlBool>`document ->> '$.wouldBe' = ${wouldBe}`]),
      ...atOrAfter('at', since),
    ];
    return this.#db.selectFrom('decision').select(decisionColumns).where(all(conditions)).orderBy('seq', 'desc').limit(limit).compile();
  }

  reconciles({ change, target, state, outcome, since }: ReconcileFilter, span: Span, limit: number): CompiledQuery {
    const conditions = [
      ...within(span),
      ...equals({ change, target, outcome }),
      ...(state === undefined ? [] : [reconcileStates[state]]),
      ...atOrAfter('created_at', since),
    ];
    return this.#db.selectFrom('reconcile').select(reconcileColumns).where(all(conditions)).orderBy('seq', 'desc').limit(limit).compile();
  }

  /** What a record says stands in its document alone (migrations.ts), so every record of the span is read. */
  records({ since, until, ...fields }: RecordFilter, span: Span, limit: number): CompiledQuery {
    const conditions = [
      ...within(span),
      ...Object.entries(fields).flatMap(([name, value]) =>
        value === undefined ? [] : [sql<SqlBool>`document ->> ${`$.${name}`} = ${value}`],
      ),
      ...(since === undefined ? [] : [sql<SqlBool>`document ->> '$.at' >= ${since}`]),
      ...(until === undefined ? [] : [sql<SqlBool>`document ->> '$.at' < ${until}`]),
    ];
    return this.#db.selectFrom('record').select(recordColumns).where(all(conditions)).orderBy('seq', 'desc').limit(limit).compile();
  }

  /** By the index of sender's ids; a sender that makes up such an id is no replay, and no look. */
  #named(prefix: string, kind: Delivery['kind']): Condition {
    const end = prefix + String.fromCodePoint(0x10ffff);
    const ids = this.#db.selectFrom('delivery').select('seq').where('delivery_id', '>=', prefix).where('delivery_id', '<', end);
    return sql<SqlBool>`seq in (${ids}) and kind = ${kind}`;
  }

  /** Two ranges of two indexes; one condition with OR would read the span instead. */
  #begins(prefix: string): Condition {
    const end = prefix + String.fromCodePoint(0x10ffff);
    const after = this.#db.selectFrom('change').select('seq').where('after', '>=', prefix).where('after', '<', end);
    const revision = this.#db.selectFrom('change').select('seq').where('revision', '>=', prefix).where('revision', '<', end);
    return sql<SqlBool>`seq in (${after.union(revision)})`;
  }
}

/** Literals, because a partial index is not used for a state that is a parameter. */
const deliveryStates = {
  pending: sql<SqlBool>`state = 'pending'`,
  done: sql<SqlBool>`state = 'done'`,
  ignored: sql<SqlBool>`state = 'ignored'`,
  dead: sql<SqlBool>`state = 'dead'`,
} satisfies Record<NonNullable<DeliveryFilter['state']>, RawBuilder<SqlBool>>;

const reconcileStates = {
  queued: sql<SqlBool>`state = 'queued'`,
  observing: sql<SqlBool>`state = 'observing'`,
  ended: sql<SqlBool>`state = 'ended'`,
} satisfies Record<NonNullable<ReconcileFilter['state']>, RawBuilder<SqlBool>>;

function within({ from, to }: Span): readonly Condition[] {
  return [sql<SqlBool>`seq >= ${from}`, sql<SqlBool>`seq < ${to}`];
}

function equals(wanted: Readonly<Record<string, string | undefined>>): readonly Condition[] {
  return Object.entries(wanted).flatMap(([column, value]) => (value === undefined ? [] : [sql<SqlBool>`${sql.ref(column)} = ${value}`]));
}

function atOrAfter(column: string, since: number | undefined): readonly Condition[] {
  return since === undefined ? [] : [sql<SqlBool>`${sql.ref(column)} >= ${since}`];
}

function all(conditions: readonly Condition[]): Condition {
  return sql<SqlBool>`${sql.join(conditions, sql` and `)}`;
}
