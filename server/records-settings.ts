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
  /** Of the key of references to people. */
  readonly persons: string;
  /** Of checkpoints. */
  readonly file: string;
  /** Milliseconds. */
  readonly every: number;
  readonly records: number;
}

export function recordsSettings({ journal, records: { key, checkpoint } }: RecordsConfig): RecordsSettings {
  const directory = dirname(journal.sqlite.path);
  const { every, records } = checkpoint;
  const signing = key?.file ?? join(directory, 'records.key');
  const persons = join(dirname(signing), 'persons.key');
  return { key: signing, persons, file: checkpoint.file ?? join(directory, 'checkpoints'), every, records };
}
