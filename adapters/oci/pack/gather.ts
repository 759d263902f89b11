import type { ContentQuestion, Difference, PublishedSource, SourceContent } from '../published-source.ts';
import { collectFiles, type CollectedFile } from './collect-files.ts';
import { collectWhole, isIntact, type Collection } from './collection.ts';
import type { KeptCollection } from './kept-collections.ts';

/** What is to be packed, and what the source says about it. */
export interface Gathered {
  readonly content: SourceContent;
  readonly collection: Collection;
}

/**
 * Reads what is to be packed. Where the same path was packed before, only what differs since then is asked for, if the source can tell; the files are
 * the same, whichever way they came.
 * @param before what was packed last, which is taken over
 * @param directory where content lies
 * @throws HeadgateError as PublishedSource.content and collectFiles
 */
export async function gather(
  source: PublishedSource,
  question: ContentQuestion,
  before: KeptCollection | undefined,
  directory: string,
): Promise<Gathered> {
  const known = before && (await gatherSince(source, question, before, directory));
  if (known) return known;
  const content = await source.content(question);
  return { content, collection: await collectWhole(content, question.path, directory) };
}

/** Undefined when there is any doubt about a part: then the whole is read, and says itself what is wrong with it. */
async function gatherSince(
  source: PublishedSource,
  question: ContentQuestion,
  before: KeptCollection,
  directory: string,
): Promise<Gathered | undefined> {
  await using taken = new AsyncDisposableStack();
  const { files, spool, whole, revision } = taken.use(disposable(before));
  try {
    if (!(await isIntact(before))) return undefined;
    const content = await source.content({ ...question, since: revision });
    const { archive, difference } = content;
    if (!difference) return { content, collection: await collectWhole(content, question.path, directory) };
    const stay = staying(files, difference, question.path);
    const all = await collectFiles(archive, question.path, spool, stay);
    if (!isWhatDiffers(all.slice(stay.length), difference, question.path)) return undefined;
    taken.move();
    return { content, collection: { files: all, spool, whole } };
  } catch {
    question.signal?.throwIfAborted();
    return undefined;
  }
}

function disposable(kept: KeptCollection): KeptCollection & AsyncDisposable {
  return { ...kept, [Symbol.asyncDispose]: () => kept.spool[Symbol.asyncDispose]() };
}

function staying(files: readonly CollectedFile[], { present, gone }: Difference, path: string): readonly CollectedFile[] {
  const differing = new Set([...present, ...gone]);
  return files.filter(({ name }) => !differing.has(above(path, name)));
}

/** Whether each file came that had to, and no other. */
function isWhatDiffers(came: readonly CollectedFile[], { present }: Difference, path: string): boolean {
  const wanted = new Set(present);
  return came.length === wanted.size && came.every(({ name }) => wanted.has(above(path, name)));
}

/** From the root. */
function above(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}
