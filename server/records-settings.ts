import { dirname, join } from 'node:path';

export interface RecordsConfig {
  readonly journal: { readonly sqlite: { readonly path: string } };
  readonly records: {
    readonly key?: { readonly file: string } | undefined;
    readonly checkpoint: { readonly file?: string | undefined; readonly every: number; readonly records: number };
  };
}

/** What the evidence chain is kept with: files lie in the data directory unless the config says otherwise. */
export interface RecordsSettings {
  readonly key: string;
  /** Of checkpoints. */
  readonly file: string;
  /** Milliseconds. */
  readonly every: number;
  readonly records: number;
}

export function recordsSettings({ journal, records: { key, checkpoint } }: RecordsConfig): RecordsSettings {
  const directory = dirname(journal.sqlite.path);
  const { every, records } = checkpoint;
  return { key: key?.file ?? join(directory, 'records.key'), file: checkpoint.file ?? join(directory, 'checkpoints'), every, records };
}
