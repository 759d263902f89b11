import type { ChainHead } from '#core/ports/records.ts';
import type { Anchor } from '#journal/records/verify-chain.ts';
import { openNote, signNote, type NoteSigner, type NoteVerifier } from '#journal/records/signed-note.ts';

/**
 * A signed note in the form of C2SP tlog-checkpoint: origin, how many records, and a hash. The hash is that of the last record, which
 * stands for the whole chain; it is not the root of a Merkle tree.
 */
export function signCheckpoint({ seq, hash }: ChainHead, signer: NoteSigner): string {
  return signNote(`${signer.name}\n${seq}\n${Buffer.from(hash, 'hex').toString('base64')}\n`, signer);
}

/** What a checkpoint says; undefined when the key has not signed it, or it speaks of another log. */
export function openCheckpoint(note: string, verifier: NoteVerifier): ChainHead | undefined {
  const text = openNote(note, verifier);
  const [, origin, size, root = ''] = /^([^\n]+)\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n/.exec(text ?? '') ?? [];
  if (origin !== verifier.name) return undefined;
  return { seq: Number(size), hash: Buffer.from(root, 'base64').toString('hex') };
}

/** What a file of checkpoints comes to. */
export interface CheckpointFile {
  readonly anchors: readonly Anchor[];
  /** Notes that the key has not signed as they are: `checkpoint 3`. */
  readonly unsigned: readonly string[];
  /** Whether the file ends within a note, as after a crash. */
  readonly torn: boolean;
}

export function readCheckpoints(content: string, verifier: NoteVerifier): CheckpointFile {
  const anchors: Anchor[] = [];
  const unsigned: string[] = [];
  const { notes, torn } = notesIn(content);
  for (const [index, note] of notes.entries()) {
    const name = `checkpoint ${index + 1}`;
    const head = openCheckpoint(note, verifier);
    if (head) anchors.push({ ...head, name });
    else unsigned.push(name);
  }
  return { anchors, unsigned, torn };
}

/** 68 bytes, key id and signature: a shorter line was torn. */
const wholeSignature = /^— \S+ [A-Za-z0-9+/]{91}=$/;

/** Further signatures under a note (of witnesses) are passed over, the first is the log's; so is what a crash or a full disk has torn. */
function notesIn(content: string): { readonly notes: readonly string[]; readonly torn: boolean } {
  const notes: string[] = [];
  let lines: string[] = [];
  for (const line of content.split('\n')) {
    if (line.startsWith('— ')) {
      if (lines.length > 0 && wholeSignature.test(line)) notes.push(`${[...lines, line].join('\n')}\n`);
      lines = [];
    } else if (line !== '') {
      lines = lines.at(-1) === '' ? [line] : [...lines, line];
    } else if (lines.length > 0 && lines.at(-1) !== '') lines.push(line);
  }
  return { notes, torn: lines.length > 0 };
}
