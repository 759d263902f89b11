import { isFetchedPlain } from '#server/checks/fetched-plain.ts';
import { finding, type Check, type Finding } from '#core/finding.ts';
import { HeadgateError } from '#core/errors.ts';
import { publicationOf } from '#core/followed.ts';
import type { Publisher } from '#core/ports/publisher.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { addressOf, type Publication } from '#core/publication.ts';
import { targetKey, type SourceObject } from '#core/target.ts';
import { repositoryKey } from '#core/urls.ts';

/** Of what moves with an object, in words, each namespace that no policy is about. */
export type Uncovered = (object: SourceObject) => Promise<readonly string[]>;

/**
 * What is published by each source: whether anything follows it, can fetch it and may have it, and whether its registry takes it.
 * @param objects what clusters follow now
 */
export function publicationChecks(
  sources: Iterable<SourceAdapter>,
  objects: () => Promise<readonly SourceObject[]>,
  uncovered: Uncovered,
): readonly Check[] {
  return [...sources].flatMap((source) => {
    const { publisher } = source;
    if (!publisher || publisher.publications.length === 0) return [];
    const about = `source ${source.name}`;
    const run = async (): Promise<readonly Finding[]> => {
      const there = await objects();
      const followed = publisher.publications.map(async (publication) => {
        const followers = there.filter((object) => publicationOf(source, object) === publication);
        const each = followers.map(async (follower) => [
          ...tlsFindings(publisher.isPlain(publication), follower, about),
          ...policyFindings(publication, follower, await uncovered(follower), about),
        ]);
        return [followedFinding(publication, followers, there, about), ...(await Promise.all(each)).flat()];
      });
      const registries = repositoriesOf(publisher).map((one) => registryFinding(publisher, one, about));
      const found = (await Promise.all(followed)).flat();
      return [...found, ...strayFindings(source, publisher, there, about), ...(await Promise.all(registries))];
    };
    return [{ about, run }];
  });
}

function followedFinding(
  publication: Publication,
  followers: readonly SourceObject[],
  objects: readonly SourceObject[],
  about: string,
): Finding {
  const address = addressOf(publication);
  if (followers.length > 0) {
    const names = followers.map(({ target }) => targetKey(target)).join(', ');
    return finding('PUBLICATION_FOLLOWED', about, 'good', `${address} is followed by ${names}`);
  }
  const there = objects.filter((object) => isAt(publication, object)).map(sayFollowing);
  const strays = there.length === 0 ? '' : `; at this address ${there.join(', ')}`;
  return finding('PUBLICATION_FOLLOWED', about, 'warning', `nothing follows ${address}${strays}`);
}

/** Objects at an address where something is published, that get none of it: a tag that was mistyped, perhaps. What is pinned to a digest is so on purpose. */
function strayFindings(source: SourceAdapter, publisher: Publisher, objects: readonly SourceObject[], about: string): readonly Finding[] {
  const strays = objects.filter(
    (object) =>
      !object.ref.digest && publisher.publications.some((one) => isAt(one, object)) && publicationOf(source, object) === undefined,
  );
  return strays.map((object) => {
    const tags = publisher.publications.flatMap((one) => (isAt(one, object) ? [one.tag] : []));
    const message = `${sayFollowing(object)} at ${object.url}; what is published there is ${tags.join(', ')}`;
    return finding('PUBLICATION_FOLLOWED', about, 'warning', message, {
      without: 'It gets nothing of what is published.',
      mend: `Set its \`spec.ref\` to \`{ tag: ${tags[0] ?? ''} }\`, if it is meant to: docs/how-to/publish-to-flux.md.`,
    });
  });
}

function isAt({ url }: Publication, object: SourceObject): boolean {
  return object.target.kind === 'OCIRepository' && repositoryKey(object.url) === repositoryKey(url);
}

function sayFollowing({ target, ref: { digest, semver, tag = 'latest' } }: SourceObject): string {
  return `${targetKey(target)} follows ${digest ?? (semver ? `versions in the range ${semver}` : `the tag ${tag}`)}`;
}

/** One of the two would speak TLS to a port that does not, or the other way round. */
function tlsFindings(isPlain: boolean, follower: SourceObject, about: string): readonly Finding[] {
  const { target, url } = follower;
  if (isPlain === isFetchedPlain(follower)) return [];
  const patch = `kubectl -n ${target.namespace} patch ocirepository ${target.name} --type merge -p '{"spec":{"insecure":${isPlain}}}'`;
  const message = isPlain
    ? `${targetKey(target)} speaks TLS to ${url}, which is published to without (\`plainHttp\`)`
    : `${targetKey(target)} fetches ${url} without TLS (\`insecure\`), which is published to with it`;
  const mend = isPlain ? `\`${patch}\`, or give the registry a certificate and take \`plainHttp\` away.` : `\`${patch}\``;
  return [finding('PUBLICATION_TLS', about, 'warning', message, { mend })];
}

/** Moving the tag moves all that follow it: one that may not have it holds up the others. */
function policyFindings(
  publication: Publication,
  { target }: SourceObject,
  uncovered: readonly string[],
  about: string,
): readonly Finding[] {
  if (uncovered.length === 0) return [];
  const message = `${targetKey(target)} follows ${addressOf(publication)}, and no policy is about ${uncovered.join(', ')}`;
  return [finding('PUBLICATION_POLICY', about, 'warning', message)];
}

/** Each address once, whatever tags are moved there. */
function repositoriesOf({ publications }: Publisher): readonly Publication[] {
  return [...new Map(publications.map((publication) => [publication.url, publication])).values()];
}

async function registryFinding(publisher: Publisher, publication: Publication, about: string): Promise<Finding> {
  const { url } = publication;
  try {
    await publisher.tryPush(publication);
    return finding('PUBLICATION_REGISTRY', about, 'good', `${url} takes what is pushed`);
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    return finding('PUBLICATION_REGISTRY', about, 'bad', `${url}: ${error.message}`, { mend: error.hint });
  }
}
