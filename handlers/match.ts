import semver from 'semver';
import type { Candidate, CandidateReason, Change, Standing } from '#core/change.ts';
import { refOf } from '#core/followed-ref.ts';
import type { Publication } from '#core/publication.ts';
import { parseRevision } from '#core/revision.ts';
import type { RefSpec, SourceObject } from '#core/target.ts';
import { missedPublication, publishedAt } from '#handlers/match-published.ts';

/** The source objects that a change brings somewhere, and those of the same repository that it does not, with the reason. */
export interface Matching {
  readonly matched: readonly SourceObject[];
  readonly candidates: readonly Candidate[];
}

/** As much of a change as matching looks at. */
export type Matchable = Pick<Change, 'action' | 'ref' | 'revision' | 'lateFor' | 'readBack'>;

type Verdict = { readonly reason: CandidateReason; readonly message: string } | undefined;

/**
 * Which source objects of the change's repository follow the change's ref?
 * The precedence within spec.ref is Flux's: commit, name, tag, semver, branch; absent means master
 * (fluxcd/pkg git/gogit/client.go, source-controller api/v1/gitrepository_types.go).
 * @param sources every source object whose URL is the repository's, or that of something published of it
 * @param publications what is published of the repository
 */
export function matchChange(change: Matchable, sources: readonly SourceObject[], publications: readonly Publication[] = []): Matching {
  const matched: SourceObject[] = [];
  const candidates: Candidate[] = [];
  for (const source of sources) {
    const miss = whyNot(change, source, publishedAt(source, publications));
    if (miss) candidates.push({ target: source.target, ...miss });
    else matched.push(source);
  }
  return { matched, candidates };
}

function whyNot(change: Matchable, source: SourceObject, published: readonly Publication[]): Verdict {
  if (change.action === 'requested') return notHead(change);
  const miss = published.length > 0 ? missedPublication(change, source, published) : missedRef(change, source);
  if (miss) return miss;
  if (change.action === 'deleted' && change.readBack?.standing !== 'present') {
    return { reason: 'ref-deleted', message: `${change.ref} was deleted: there is no revision to bring this to` };
  }
  if (change.lateFor !== null) {
    return { reason: 'late', message: `a newer change of ${change.ref} was known already: ${change.lateFor}` };
  }
  return source.ref.commit ? undefined : notHead(change);
}

const WHERE: Readonly<Record<Exclude<Standing, 'head'>, string>> = {
  behind: 'the ref has moved on since',
  off: 'the ref does not contain it (any more)',
  gone: 'the ref does not exist (any more)',
  present: 'the ref exists although it was said to be deleted',
  unasked: 'many newer changes of the ref were known',
};

/** Flux fetches what the ref leads to; a revision that is not that would not be what is deployed. */
function notHead({ readBack, ref, revision }: Matchable): Verdict {
  if (readBack === null || readBack.standing === 'head') return undefined;
  const head = readBack.head === null ? 'nothing' : readBack.head;
  return { reason: 'not-head', message: `${revision ?? 'it'} is not what ${ref} leads to, which is ${head}: ${WHERE[readBack.standing]}` };
}

function missedRef(change: Matchable, source: SourceObject): Verdict {
  const { ref } = source;
  if (ref.commit) return missedCommit(change, ref);
  const followed = refOf(ref);
  if (typeof followed !== 'string') return missedSemver(change, followed.semver, source.artifactRevision);
  if (change.ref === followed) return undefined;
  return { reason: 'other-ref', message: `follows ${followed}, the change is on ${change.ref}` };
}

/** A pinned source moves only when the very commit that it waits for arrives. */
function missedCommit(change: Matchable, ref: RefSpec): Verdict {
  if (change.revision === ref.commit && (!ref.branch || change.ref === `refs/heads/${ref.branch}`)) return undefined;
  return { reason: 'pinned', message: `is pinned to commit ${ref.commit}` };
}

/**
 * Tags are read as source-controller reads them: strict versions with an optional `v` (fluxcd/pkg version.ParseVersion).
 * Ranges may use commas, as Masterminds/semver allows; a range that names a pre-release admits pre-releases.
 */
function missedSemver(change: Matchable, range: string, artifact: string | null): Verdict {
  if (!change.ref.startsWith('refs/tags/')) {
    return { reason: 'other-ref', message: `follows tags in the range ${range}, the change is on ${change.ref}` };
  }
  const tag = change.ref.slice('refs/tags/'.length);
  const version = semver.parse(tag);
  if (!version) return { reason: 'semver-mismatch', message: `follows tags in the range ${range}, ${tag} is not a version` };
  const spec = range.replaceAll(',', ' ');
  const options = { includePrerelease: /\d-[0-9A-Za-z]/.test(range) };
  if (semver.validRange(spec, options) === null) {
    return { reason: 'semver-invalid', message: `its range ${range} is not understood` };
  }
  if (!semver.satisfies(version, spec, options)) {
    return { reason: 'semver-mismatch', message: `follows tags in the range ${range}, ${tag} is outside` };
  }
  const current = semver.parse(artifact === null ? null : parseRevision(artifact)?.pointer);
  if (current && semver.gt(current, version)) {
    return { reason: 'semver-keeps-newer', message: `follows tags in the range ${range} and is at ${current.raw}, newer than ${tag}` };
  }
  return undefined;
}
