import { dirname, join } from 'node:path';

export interface RecordsConfig {
  readonly dataDirectory: string;
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

export function recordsSettings({ dataDirectory, records: { key, checkpoint } }: RecordsConfig): RecordsSettings {
  const { every, records } = checkpoint;
  const signing = key?.file ?? join(dataDirectory, 'records.key');
  const persons = join(dirname(signing), 'persons.key');
  return { key: signing, persons, file: checkpoint.file ?? join(dataDirectory, 'checkpoints'), every, records };
}
