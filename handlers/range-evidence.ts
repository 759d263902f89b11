import type { Clock } from '#core/clock.ts';
import type { RangeFacts, ReadBack } from '#core/ports/read-back.ts';
import type { RangeEvidence } from '#core/range-evidence.ts';
import type { Publication } from '#core/publication.ts';
import { together, type SignatureVerifier, type SignedObject, type Signing } from '#core/signature.ts';
import { isHgTag, tagName } from '#core/tag-name.ts';
import type { SourceObject } from '#core/target.ts';

/** What is asked about: a ref and the commit that it came to. */
export interface Asked {
  readonly repository: string;
  readonly ref: string;
  readonly revision: string;
  /** It was announced a moment ago, as in RangeQuestion. */
  readonly fresh?: true | undefined;
  /** What an object gets published; absent where nothing is. */
  readonly published?: (source: SourceObject) => Publication | undefined;
}

export interface Verifying {
  readonly clock: Clock;
  /** Absent: no signature counts. */
  readonly signatures?: SignatureVerifier | undefined;
}

const unlooked: Signing = { unsigned: 'signatures are not verified here' };

/** Verifies what the commits of a range carry, and the tag, where signatures were asked for. @throws HeadgateError those of ReadBack */
export async function verifyRange(deps: Verifying, readBack: ReadBack, asked: Asked, facts: RangeFacts): Promise<RangeEvidence> {
  if (facts.question?.signatures !== true) return { facts, signings: new Map() };
  const verify = onceEach(deps);
  const signings = await Promise.all(facts.commits.map(async ({ id, signed }) => [id, await verifyAll(signed, verify)] as const));
  return { facts, signings: new Map(signings), ...(await verifyTag(deps, readBack, asked)) };
}

/** Verifies the tag that is asked about; nothing where the ref is none. @throws HeadgateError those of ReadBack */
export async function verifyTag(deps: Verifying, readBack: ReadBack, asked: Asked): Promise<{ readonly tag?: Signing }> {
  return tagName(asked.ref) === undefined ? {} : { tag: await tagSigning(deps, readBack, asked) };
}

/** The tag is the one that the ref leads to now, whatever was told of it. */
async function tagSigning({ clock, signatures }: Verifying, readBack: ReadBack, { repository, ref, revision }: Asked): Promise<Signing> {
  const head = (await readBack.heads(repository, [ref])).get(ref) ?? null;
  if (head?.commit !== revision) return { unsigned: 'the tag leads to another commit by now' };
  const { object, commit, doubts: [doubt] = [] } = head;
  if (doubt) return { unsigned: doubt.message };
  if (object === commit && !isHgTag(ref)) return { unsigned: 'it is no annotated tag, so nobody signed it. Make one with `git tag -s`' };
  const tag = await readBack.tag?.(repository, object, ref);
  if (tag === undefined) return { unsigned: 'the source cannot tell what the tag carries' };
  const at = clock.now();
  return verifyAll(tag, async (one) => (await signatures?.verifyTag(one, { ref, object, commit }, at)) ?? unlooked);
}

type Verify = (object: SignedObject | null) => Promise<Signing>;

/** Several commits may rest on one signature, of Mercurial. */
function onceEach({ clock, signatures }: Verifying): Verify {
  const at = clock.now();
  const known = new Map<string, Promise<Signing>>();
  return (object) => {
    const key = object === null ? '' : `${object.payload}\0${object.signature}`;
    const verified = known.get(key) ?? signatures?.verify(object, at) ?? Promise.resolve(unlooked);
    known.set(key, verified);
    return verified;
  };
}

async function verifyAll(object: SignedObject | null, verify: Verify): Promise<Signing> {
  const [first, ...others] = await Promise.all([verify(object), ...(object?.others ?? []).map(verify)]);
  return together([first, ...others]);
}
