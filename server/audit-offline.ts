import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { loadConfig } from '#config/load-config.ts';
import { SecretStore } from '#config/secret-store.ts';
import type { JournalConfig } from '#config/stores-schema.ts';
import { systemClock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { readCheckpoints, type CheckpointFile } from '#journal/records/checkpoint.ts';
import { parseVerifierKey, verifierKey, type NoteVerifier } from '#journal/records/signed-note.ts';
import { readSigningKey } from '#journal/records/signing-key.ts';
import type { ChainReport } from '#journal/records/verify-chain.ts';
import { auditedDatabase, auditedFile, type AuditedJournal } from '#journal/audited.ts';
import type { KeptName } from '#journal/records/person-references.ts';
import { recordsSettings } from '#server/records-settings.ts';

export type { KeptName } from '#journal/records/person-references.ts';
export type { ChainReport } from '#journal/records/verify-chain.ts';

/** What an audit reads. */
export interface AuditFiles {
  readonly journal: AuditedJournal;
  /** Absent = checkpoints are not looked at. */
  readonly checkpoints?: { readonly file: string; readonly verifier: NoteVerifier; readonly required: boolean };
}

export interface AuditOptions {
  /** Absolute; asked for what the others do not name. */
  readonly configPath: string;
  /** The environment that the config's secrets may be in. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly journal?: string;
  readonly checkpoints?: string;
  /** A verifier key as `headgate audit key` prints it. */
  readonly key?: string;
}

export interface AuditReport extends ChainReport {
  readonly journal: string;
  /** Of the file of checkpoints: those that the key has not signed as they are. */
  readonly unsigned: readonly string[];
  /** The file of checkpoints ends within one, as after a crash. */
  readonly torn: boolean;
  /** Whether checkpoints were looked at. */
  readonly anchored: boolean;
}

/** A link for an export: `record` is the canonical JSON as it is stored, `hash` the one over it. */
export interface ExportedLink {
  readonly hash: string;
  readonly document: string;
}

/** Its own files are all that is wanted of a config here. */
const anyAdapters = { source: z.looseObject({ name: z.string(), type: z.string() }), sink: z.looseObject({ name: z.string() }) };

/**
 * Finds journal, checkpoints and key. With `journal` named no config is read; then checkpoints count only with both their file and the key.
 * @throws HeadgateError USAGE, CONFIG_UNREADABLE, CONFIG_INVALID, SECRET_UNAVAILABLE
 */
export async function auditFiles({ configPath, env, journal, checkpoints, key }: AuditOptions): Promise<AuditFiles> {
  const verifier = key === undefined ? undefined : requireVerifier(key);
  if (journal !== undefined) {
    if ((checkpoints === undefined) !== (verifier === undefined))
      throw new HeadgateError('USAGE', 'with --journal, --checkpoints and --key go together', {
        hint: 'Name both, or neither: then only the chain itself is verified.',
      });
    const file = { journal: auditedFile(journal) };
    return checkpoints === undefined || !verifier ? file : { ...file, checkpoints: { file: checkpoints, verifier, required: true } };
  }
  const config = await loadConfig(configPath, anyAdapters);
  const files = recordsSettings(config);
  const file = checkpoints ?? files.file;
  const signer = verifier ?? (await readSigningKey(files.key));
  return { journal: journalOf(config.journal, env), checkpoints: { file, verifier: signer, required: checkpoints !== undefined } };
}

function journalOf({ sqlite, postgres }: JournalConfig, env: AuditOptions['env']): AuditedJournal {
  if (sqlite) return auditedFile(sqlite.path);
  const secrets = new SecretStore({ clock: systemClock, env: (name) => env[name], log: silentLog });
  return auditedDatabase(secrets.requireSecret(postgres.url).toString('utf8'));
}

/**
 * Verifies the chain of a journal, also while a server has it open.
 * @throws HeadgateError JOURNAL_UNREADABLE, JOURNAL_UNAVAILABLE, CHECKPOINTS_UNREADABLE
 */
export async function auditVerify({ journal, checkpoints }: AuditFiles): Promise<AuditReport> {
  // Read before the chain is: a checkpoint that is written meanwhile would speak of records that this look does not see.
  const read = checkpoints && (await checkpointsIn(checkpoints));
  const report = await journal.verify(read?.anchors ?? []);
  return { ...report, journal: journal.name, unsigned: read?.unsigned ?? [], torn: read?.torn ?? false, anchored: read !== undefined };
}

/**
 * Hands every record of a span of time to `take`, oldest first.
 * @param since milliseconds since the epoch, included
 * @param until excluded
 * @throws HeadgateError JOURNAL_UNREADABLE, also for what is no record: `audit verify` says more
 */
export function auditExport(
  { journal }: Pick<AuditFiles, 'journal'>,
  since: number,
  until: number,
  take: (link: ExportedLink) => void,
): Promise<void> {
  return journal.each(({ hash, document }) => {
    const { at } = dated.parse(JSON.parse(document));
    if (at >= since && at < until) take({ hash, document });
  });
}

/**
 * Whom the references in records mean, as far as that is kept.
 * @throws HeadgateError JOURNAL_UNREADABLE
 */
export function auditNames({ journal }: Pick<AuditFiles, 'journal'>): Promise<readonly KeptName[]> {
  return journal.names();
}

const dated = z.object({ at: z.number() });

/** The verifier key of the config's server. @throws HeadgateError as auditFiles */
export async function auditKey(configPath: string): Promise<string> {
  const config = await loadConfig(configPath, anyAdapters);
  return verifierKey(await readSigningKey(recordsSettings(config).key));
}

function requireVerifier(text: string): NoteVerifier {
  const verifier = parseVerifierKey(text);
  if (verifier) return verifier;
  throw new HeadgateError('USAGE', 'the key is not one that verifies checkpoints', {
    hint: 'Take it from `headgate audit key`, as a whole line.',
  });
}

/** No file is no checkpoint yet, unless it was named. */
async function checkpointsIn({ file, verifier, required }: NonNullable<AuditFiles['checkpoints']>): Promise<CheckpointFile> {
  try {
    return readCheckpoints(await readFile(file, 'utf8'), verifier);
  } catch (cause) {
    if (!required && cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      return { anchors: [], unsigned: [], torn: false };
    throw new HeadgateError('CHECKPOINTS_UNREADABLE', `${file}: ${messageOf(cause)}`, { cause });
  }
}
