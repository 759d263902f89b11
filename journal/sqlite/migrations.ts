/**
 * The schema, one step per version: entry 0 takes an empty file to version 1. Never change an entry that was released, append one.
 *
 * - `delivery.due` and `lease.expires` are moments of the writer's monotonic clock. They mean nothing to another process
 *   and are reset when a journal is opened (prepare.ts).
 * - UNIQUE is (delivery_id, source), in this order, so that a delivery is found by the sender's id alone too.
 * - Indexes for what is under way are partial and begin with the column that their query is ordered by or searched for:
 *   an index on (state, seq) is not used for `ORDER BY seq`, and the whole table is read instead.
 * - `news` refers to nothing by foreign keys: they would need an index for each, and a note whose story is gone is passed over.
 * - `tally` counts deliveries that are done or ignored, because counting the rows reads them all. The operations count what
 *   comes, a trigger what retention removes: triggers for every move took a sixth of the writer's time. What is pending or
 *   dead is counted in its partial index.
 * - `record` is the evidence chain. All that a record says is in `document` and covered by `hash`: a column beside it could say
 *   something else. Triggers refuse every change but adding the next link; only what `record_base` has passed may be deleted, and
 *   `record_base` goes forward only, onto records that are there. Whoever may write the file can drop triggers:
 *   what holds then is the chain (journal/records/verify-chain.ts).
 * - `person` says whom the references in records mean (journal/records/person-references.ts). Nothing refers to it: a name can be erased,
 *   and goes when no record that is kept can need it any more.
 * - `applied` is what each target was seen to run last. What of it no decision allowed is a record.
 * - `brought` says which changes of a review system came with a change, and what they revert: the range of the change holds the rest.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE delivery (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    event TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    remote TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'ignored', 'dead')),
    reason TEXT,
    repository TEXT,
    hint TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL DEFAULT 0,
    settled_at INTEGER,
    UNIQUE (delivery_id, source)
  ) STRICT;
  CREATE INDEX delivery_pending ON delivery (seq, due) WHERE state = 'pending';
  CREATE INDEX delivery_dead ON delivery (seq) WHERE state = 'dead';

  CREATE TABLE body (
    seq INTEGER PRIMARY KEY REFERENCES delivery (seq) ON DELETE CASCADE,
    headers TEXT NOT NULL,
    size INTEGER NOT NULL,
    deflated BLOB NOT NULL
  ) STRICT;

  CREATE TABLE tally (state TEXT PRIMARY KEY, deliveries INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO tally VALUES ('pending', 0), ('done', 0), ('ignored', 0), ('dead', 0);
  CREATE TRIGGER delivery_added AFTER INSERT ON delivery BEGIN
    UPDATE tally SET deliveries = deliveries + 1 WHERE state = NEW.state;
  END;
  CREATE TRIGGER delivery_moved AFTER UPDATE OF state ON delivery BEGIN
    UPDATE tally SET deliveries = deliveries - 1 WHERE state = OLD.state;
    UPDATE tally SET deliveries = deliveries + 1 WHERE state = NEW.state;
  END;
  CREATE TRIGGER delivery_removed AFTER DELETE ON delivery BEGIN
    UPDATE tally SET deliveries = deliveries - 1 WHERE state = OLD.state;
  END;

  CREATE TABLE change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    delivery TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    repository TEXT NOT NULL,
    ref TEXT NOT NULL,
    action TEXT NOT NULL,
    "before" TEXT,
    "after" TEXT,
    revision TEXT,
    confirmed INTEGER NOT NULL,
    occurred_at INTEGER,
    received_at INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actors TEXT NOT NULL,
    late_for TEXT,
    owed TEXT NOT NULL,
    candidates TEXT NOT NULL
  ) STRICT;
  CREATE INDEX change_delivery ON change (delivery);
  CREATE INDEX change_ref ON change (repository, ref, source);
  CREATE INDEX change_after ON change ("after");
  CREATE INDEX change_revision ON change (revision);
  CREATE INDEX change_owed ON change (repository, ref, source) WHERE owed <> '[]';

  CREATE TABLE decision (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    change TEXT NOT NULL REFERENCES change (id) ON DELETE CASCADE,
    target TEXT NOT NULL,
    verdict TEXT NOT NULL,
    at INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX decision_change ON decision (change);
  CREATE INDEX decision_target ON decision (target);

  CREATE TABLE reconcile (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    change TEXT NOT NULL REFERENCES change (id) ON DELETE CASCADE,
    decision TEXT NOT NULL,
    target TEXT NOT NULL,
    revision TEXT,
    force INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'observing', 'ended')),
    outcome TEXT,
    reason TEXT,
    message TEXT,
    token TEXT,
    asks INTEGER NOT NULL DEFAULT 0,
    received_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    triggered_at INTEGER,
    ended_at INTEGER,
    consumers TEXT NOT NULL DEFAULT '[]',
    steps TEXT NOT NULL DEFAULT '[]'
  ) STRICT;
  CREATE INDEX reconcile_change ON reconcile (change);
  CREATE INDEX reconcile_target ON reconcile (target);
  CREATE INDEX reconcile_queued ON reconcile (target, seq) WHERE state = 'queued';
  CREATE INDEX reconcile_observing ON reconcile (target, seq) WHERE state = 'observing';

  CREATE TABLE lease (
    target TEXT PRIMARY KEY,
    fence INTEGER NOT NULL,
    holder TEXT NOT NULL,
    expires REAL NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE probe (id INTEGER PRIMARY KEY, ballast BLOB NOT NULL) STRICT;
  `,
  `
  ALTER TABLE change ADD COLUMN read_back TEXT;
  ALTER TABLE reconcile ADD COLUMN paths TEXT;
  DROP INDEX delivery_pending;
  CREATE INDEX delivery_pending ON delivery (seq, due, source) WHERE state = 'pending';
  DROP TRIGGER delivery_added;
  DROP TRIGGER delivery_moved;
  DELETE FROM tally WHERE state IN ('pending', 'dead');
  `,
  `
  CREATE TABLE news (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    change TEXT NOT NULL,
    decision TEXT NOT NULL,
    reconcile TEXT,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE sink (name TEXT PRIMARY KEY, told INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE record (
    seq INTEGER PRIMARY KEY,
    document TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE TABLE record_base (seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
  INSERT INTO record_base VALUES (0, printf('%064d', 0));
  CREATE TRIGGER record_in_order BEFORE INSERT ON record
  WHEN NEW.seq IS NOT coalesce((SELECT max(seq) FROM record), (SELECT seq FROM record_base)) + 1 BEGIN
    SELECT RAISE(ABORT, 'records are added at the end of their chain only');
  END;
  CREATE TRIGGER record_stays BEFORE UPDATE ON record BEGIN
    SELECT RAISE(ABORT, 'records are never changed');
  END;
  CREATE TRIGGER record_kept BEFORE DELETE ON record WHEN OLD.seq > (SELECT seq FROM record_base) BEGIN
    SELECT RAISE(ABORT, 'only records that record_base has passed are deleted');
  END;
  CREATE TRIGGER record_base_forward BEFORE UPDATE ON record_base
  WHEN NEW.seq < OLD.seq OR NOT EXISTS (SELECT 1 FROM record WHERE seq = NEW.seq AND hash = NEW.hash) BEGIN
    SELECT RAISE(ABORT, 'the beginning of the chain moves forward only, onto a record that is there');
  END;
  CREATE TRIGGER record_base_one BEFORE INSERT ON record_base BEGIN
    SELECT RAISE(ABORT, 'the chain has one beginning');
  END;
  CREATE TRIGGER record_base_stays BEFORE DELETE ON record_base BEGIN
    SELECT RAISE(ABORT, 'the chain keeps its beginning');
  END;
  `,
  'ALTER TABLE change ADD COLUMN subject TEXT',
  'CREATE TABLE person (reference TEXT PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  'CREATE TABLE applied (target TEXT PRIMARY KEY, revision TEXT NOT NULL) STRICT, WITHOUT ROWID',
  `
  CREATE TABLE brought (
    repository TEXT NOT NULL,
    number INTEGER NOT NULL,
    source TEXT NOT NULL,
    change TEXT NOT NULL REFERENCES change (id) ON DELETE CASCADE,
    reverts INTEGER,
    PRIMARY KEY (repository, number, source, change)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX brought_change ON brought (change);
  CREATE INDEX brought_reverts ON brought (repository, reverts, source) WHERE reverts IS NOT NULL;
  `,
  `
  ALTER TABLE reconcile ADD COLUMN published TEXT;
  CREATE INDEX reconcile_published ON reconcile (json_extract(published, '$.digest')) WHERE published IS NOT NULL;
  `,
  `CREATE INDEX delivery_waiting ON delivery (source, seq, due) WHERE state = 'pending'`,
];
