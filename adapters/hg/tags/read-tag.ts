import type { HgBackEnd, HgChangeset } from '#adapters/hg/back-end.ts';
import { allowedHeads, shadowed, type TagRef } from '#adapters/hg/tags/allowed-heads.ts';
import { TagBook } from '#adapters/hg/tags/tag-book.ts';
import { nullNode } from '#adapters/hg/names.ts';
import { doubtfulLine, leadOf, parseTagFile, type TagEntry } from '#adapters/hg/tags/tag-file.ts';
import { limits } from '#core/limits.ts';
import type { RefHead } from '#core/ports/read-back.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';

/**
 * What a tag leads to, as `.hgtags` says at the open head of the branch or bookmark that the ref names: Mercurial itself reads it at all
 * heads of all branches, so that whoever may push any of them moves every tag. `object` is the changeset that brought the deciding line, and
 * the one that must be signed; 40 zeros where that cannot be told. What is not as it must be is a doubt; whose signature it is, is for whoever verifies it.
 * @param book for several questions about one repository at one moment
 * @returns null when there is no such tag there, or it is deleted
 * @throws HeadgateError those of ReadBack, and CONTENT_TOO_LARGE for files that are larger than limits.hgTags
 */
export async function readTag(
  backEnd: HgBackEnd,
  repository: string,
  ref: TagRef,
  book: TagBook = new TagBook(backEnd, repository),
): Promise<RefHead | null> {
  const names = await book.names();
  const { heads, doubts } = allowedHeads(names, ref.on);
  for (const head of heads) {
    const found = await tagAt(book, ref.name, head);
    if (found === null) continue;
    const all = [...doubts, ...shadowed(names.bookmarks, 'tag', ref.name), ...found.doubts];
    return { object: found.object, commit: found.commit, ...(all.length > 0 ? { doubts: all } : {}) };
  }
  return null;
}

async function tagAt(book: TagBook, name: string, head: string): Promise<Required<RefHead> | null> {
  const file = await book.tags(head);
  const entry = file.entries.get(name);
  const commit = leadOf(entry);
  if (entry === undefined || commit === undefined) return null;
  const object = await broughtBy(book, name, head, entry);
  const doubtful = doubtfulLine(file, name, entry);
  const doubts = await Promise.all([lineDoubts(book, { name, head, object, entry }), leadDoubts(book, name, head, commit)]);
  return { object, commit, doubts: [...(doubtful === undefined ? [] : [unreadable(name, doubtful)]), ...doubts.flat()] };
}

/** The changeset that brought the deciding line; 40 zeros where the host counts lines differently, as it may where one has a carriage return. */
export async function broughtBy(book: TagBook, name: string, head: string, { at, course }: TagEntry): Promise<string> {
  const [lines, file] = [await book.annotated(head), await book.tags(head)];
  const line = lines[at];
  if (line === undefined || lines.length !== file.lines) return nullNode;
  const said = parseTagFile(Buffer.from(line.text)).entries.get(name);
  return said?.course.join() === course.at(-1) ? line.node : nullNode;
}

interface Line {
  readonly name: string;
  readonly head: string;
  /** The changeset that brought it. */
  readonly object: string;
  readonly entry: TagEntry;
}

/** About the changeset that brought the line: a signature on it stands for all that its own `.hgtags` says of the tag, and for nothing else. */
async function lineDoubts(book: TagBook, { name, head, object, entry }: Line): Promise<readonly RefDoubt[]> {
  if (object === nullNode)
    return [invalid(`which changeset brought tag ${name} cannot be told: .hgtags at ${head} cannot be read line by line`)];
  const [brought, signatures, then] = await Promise.all([
    book.backEnd.changeset(book.repository, object),
    book.signatures(head),
    book.tags(object),
  ]);
  const course = then.entries.get(name)?.course ?? [];
  return [
    ...(course.join() === entry.course.join() ? [] : [changedSince(name, object)]),
    ...standing(brought, object, 'which brought the tag,'),
    ...(signatures.has(object) ? [] : [unsigned(name, object)]),
  ];
}

/** About the changeset that the tag leads to. */
async function leadDoubts(book: TagBook, name: string, head: string, node: string): Promise<readonly RefDoubt[]> {
  const { backEnd, repository } = book;
  const [changeset, isBelow] = await Promise.all([backEnd.changeset(repository, node), backEnd.isAncestor(repository, node, head)]);
  if (changeset === null) return [invalid(`tag ${name} leads to ${node}, which the repository does not have or hides`)];
  const elsewhere = `tag ${name} leads to ${node}, which is not in the history of ${head}, where the tag is read. Tag what is merged there`;
  return [...standing(changeset, node, `which tag ${name} leads to,`), ...(isBelow === true ? [] : [moved(elsewhere)])];
}

function standing(changeset: HgChangeset | null, node: string, what: string): readonly RefDoubt[] {
  if (changeset === null) return [invalid(`${node}, ${what} is hidden`)];
  const { phase, obsolete } = changeset;
  return [
    ...(phase === 'public' ? [] : [{ code: phase, message: `${node}, ${what} is ${phase}, not public: it may still be rewritten` }]),
    ...(obsolete ? [{ code: 'obsolete' as const, message: `${node}, ${what} is obsolete: something has taken its place` }] : []),
  ];
}

function changedSince(name: string, object: string): RefDoubt {
  const why = `.hgtags says something else of tag ${name} than it did at ${object}, which brought its last line: lines were taken out, merged or put back`;
  return moved(`${why}. Tag it again (\`hg tag --force\`), and sign that`);
}

function unsigned(name: string, object: string): RefDoubt {
  return {
    code: 'tag-unsigned',
    message: `nobody signed ${object}, which brought tag ${name}: \`hg sign ${object.slice(0, 12)}\`, and push that too`,
  };
}

function unreadable(name: string, line: string): RefDoubt {
  const shown = JSON.stringify(line.slice(0, limits.hgTags.shownChars));
  return invalid(`a later line of .hgtags may be meant for tag ${name} and cannot be read: ${shown}. Take it out, and tag again`);
}

function invalid(message: string): RefDoubt {
  return { code: 'tag-invalid', message };
}

function moved(message: string): RefDoubt {
  return { code: 'tag-moved', message };
}
