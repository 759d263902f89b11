import type { HgBackEnd, HgChangeset } from './back-end.ts';
import { coveringSignatures } from './tags/covering-signatures.ts';
import { TagBook } from './tags/tag-book.ts';
import { HeadgateError } from '#core/errors.ts';
import { findOwnersFile } from '#core/owners-file.ts';
import type { RangeCommit, RangeFacts, RangeLack, RangeQuestion } from '#core/ports/read-back.ts';
import type { RepositoryFile } from '#core/repository-file.ts';
import type { SignedObject } from '#core/signature.ts';
import { unknownRange } from '#core/unknown-range.ts';
import { readContent } from './read-content.ts';

/** What a host of Mercurial never knows: it has no pull requests, no reviews and no checks. */
function unknownToHg(question: RangeQuestion | undefined): readonly RangeLack[] {
  return ['pulls', 'reviews', 'checks', ...(question?.reviews ? (['coverage'] as const) : [])];
}

/**
 * What lies between two changesets. Who wrote them is text of whoever committed, so that none has an account; what they carry as a signature is what
 * `.hgsigs` says at the head, of them or of what stands on them.
 * @param base a node
 * @param head a node
 * @throws HeadgateError those of ReadBack
 */
export async function readRange(
  backEnd: HgBackEnd,
  repository: string,
  { base, head, question }: { readonly base: string; readonly head: string; readonly question: RangeQuestion | undefined },
): Promise<RangeFacts> {
  const course = await courseOf(backEnd, repository, base, head);
  if (course === null) return rangeUnknownToHg(base, head, question);
  const { commits, count, files } = await backEnd.range(repository, base, head);
  const signed = question?.signatures
    ? await signaturesOf(backEnd, repository, { head, ref: question.ref, commits })
    : new Map<string, SignedObject>();
  const owners = question?.owners ? await ownersAt(backEnd, repository, base) : null;
  const lacked: RangeLack[] = [];
  if (count !== commits.length) lacked.push('commits');
  if (files === null) lacked.push('files');
  if (signed === undefined) lacked.push('signatures');
  if (owners === undefined) lacked.push('owners');
  return {
    base,
    head,
    commits: commits.map((changeset) => commitOf(changeset, signed?.get(changeset.node) ?? null)),
    commitCount: count,
    files: files ?? [],
    pulls: [],
    checks: [],
    course,
    owners: owners ?? null,
    question: question ?? null,
    lacked: [...lacked, ...unknownToHg(question)],
  };
}

/** A range one of whose ends the host does not know. */
export function rangeUnknownToHg(base: string, head: string, question: RangeQuestion | undefined): RangeFacts {
  const asked: readonly RangeLack[] = [
    ...(question?.signatures ? (['signatures'] as const) : []),
    ...(question?.owners ? (['owners'] as const) : []),
  ];
  return unknownRange(base, head, question, [...asked, ...unknownToHg(question)]);
}

/** Null when the host knows one of them no more. */
async function courseOf(backEnd: HgBackEnd, repository: string, base: string, head: string): Promise<RangeFacts['course']> {
  const isAhead = await backEnd.isAncestor(repository, base, head);
  if (isAhead === undefined) return null;
  if (base === head) return 'same';
  if (isAhead) return 'ahead';
  return (await backEnd.isAncestor(repository, head, base)) ? 'back' : 'diverged';
}

function commitOf({ node: id, title }: HgChangeset, signed: SignedObject | null): RangeCommit {
  return { id, title, account: null, hands: [], broughtBy: null, signed };
}

/** Undefined when there are too many to read. */
function signaturesOf(
  backEnd: HgBackEnd,
  repository: string,
  range: Parameters<typeof coveringSignatures>[1],
): Promise<ReadonlyMap<string, SignedObject> | undefined> {
  return unlessTooLarge(() => coveringSignatures(new TagBook(backEnd, repository), range));
}

function ownersAt(backEnd: HgBackEnd, repository: string, base: string): Promise<RepositoryFile | null | undefined> {
  return unlessTooLarge(() => findOwnersFile((path) => readContent(backEnd, repository, base, path)));
}

async function unlessTooLarge<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'CONTENT_TOO_LARGE') return undefined;
    throw error;
  }
}
