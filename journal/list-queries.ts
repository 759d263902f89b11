import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
  type CompiledQuery,
  type Dialect,
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

/** In whose SQL. */
export type ListDialect = 'sqlite' | 'postgres';

/** The filtered lists, compiled to SQL and parameters. Kysely builds them, whoever keeps the journal runs them (archive.ts). */
export class ListQueries {
  readonly #db: Kysely<Tables>;
  readonly #words: Words;

  constructor(dialect: ListDialect) {
    this.#db = new Kysely<Tables>({ dialect: dialects[dialect] });
    this.#words = words[dialect];
  }

  deliveries(filter: DeliveryFilter, span: Span, limit: number): CompiledQuery {
    const { source, state, event, repository, deliveryId, since, until, replayOf, cause } = filter;
    const conditions = [
      ...within(span),
      ...equals({ delivery_id: deliveryId, source, event, repository }),
      ...(state === undefined ? [] : [deliveryStates[state]]),
      ...atOrAfter('received_at', since),
      ...before('received_at', until),
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
      ...(wouldBe === undefined ? [] : [sql<SqlBool>`${this.#words.wouldBe} = ${wouldBe}`]),
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
        value === undefined ? [] : [sql<SqlBool>`${this.#words.text(name)} = ${value}`],
      ),
      ...(since === undefined ? [] : [sql<SqlBool>`${this.#words.at} >= ${Math.ceil(since)}`]),
      ...(until === undefined ? [] : [sql<SqlBool>`${this.#words.at} < ${Math.ceil(until)}`]),
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

const dialects: Readonly<Record<ListDialect, Dialect>> = {
  sqlite: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
  postgres: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
};

/** What the two say differently: how to look into a document. */
interface Words {
  readonly wouldBe: RawBuilder<unknown>;
  /** A field of a record that is text. */
  readonly text: (field: string) => RawBuilder<unknown>;
  /** When a record was made. */
  readonly at: RawBuilder<unknown>;
}

/**
 * Postgres takes no JSON apart that has an escaped U+0000 anywhere, and a name may have one; what stands for an unknown character takes its place for the
 * comparison. (A backslash that is escaped itself stays one: the text has the same length.)
 */
const takenApart = sql`replace(document, '\\u0000', '\\ufffd')::json`;

const words: Readonly<Record<ListDialect, Words>> = {
  sqlite: {
    wouldBe: sql`document ->> '$.wouldBe'`,
    text: (field) => sql`document ->> ${`$.${field}`}`,
    at: sql`document ->> '$.at'`,
  },
  postgres: {
    wouldBe: sql`would_be`,
    text: (field) => sql`${takenApart} ->> ${sql.lit(field)}`,
    at: sql`(${takenApart} ->> 'at')::bigint`,
  },
};

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

/** Moments in columns are whole milliseconds, and Postgres wants whole ones to compare them with. */
function atOrAfter(column: string, since: number | undefined): readonly Condition[] {
  return since === undefined ? [] : [sql<SqlBool>`${sql.ref(column)} >= ${Math.ceil(since)}`];
}

function before(column: string, until: number | undefined): readonly Condition[] {
  return until === undefined ? [] : [sql<SqlBool>`${sql.ref(column)} < ${Math.ceil(until)}`];
}

function all(conditions: readonly Condition[]): Condition {
  return sql<SqlBool>`${sql.join(conditions, sql` and `)}`;
}
