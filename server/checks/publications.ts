import { finding, type Check, type Finding } from '#core/finding.ts';
import { HeadgateError } from '#core/errors.ts';
import { publicationOf } from '#core/followed.ts';
import type { Publisher } from '#core/ports/publisher.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { addressOf, type Publication } from '#core/publication.ts';
import { targetKey, type SourceObject } from '#core/target.ts';
import { repositoryKey } from '#core/urls.ts';

type Object = Pick<SourceObject, 'target' | 'url' | 'ref'>;

/**
 * What is published by each source: whether anything follows it, and whether its registry takes it.
 * @param objects what clusters follow now
 */
export function publicationChecks(sources: Iterable<SourceAdapter>, objects: () => Promise<readonly Object[]>): readonly Check[] {
  return [...sources].flatMap((source) => {
    const { publisher } = source;
    if (!publisher || publisher.publications.length === 0) return [];
    const about = `source ${source.name}`;
    const run = async (): Promise<readonly Finding[]> => {
      const followed = followedFindings(source, publisher.publications, await objects(), about);
      return [...followed, ...(await Promise.all(repositoriesOf(publisher).map((one) => registryFinding(publisher, one, about))))];
    };
    return [{ about, run }];
  });
}

function followedFindings(
  source: SourceAdapter,
  publications: readonly Publication[],
  objects: readonly Object[],
  about: string,
): readonly Finding[] {
  return publications.flatMap((publication) => {
    const followers = objects.filter((object) => publicationOf(source, object) === publication);
    const names = followers.map(({ target }) => targetKey(target)).join(', ');
    const found =
      followers.length > 0
        ? finding('PUBLICATION_FOLLOWED', about, 'good', `${addressOf(publication)} is followed by ${names}`)
        : finding('PUBLICATION_FOLLOWED', about, 'warning', `nothing follows ${addressOf(publication)}${strays(publication, objects)}`);
    return [found];
  });
}

/** Objects at the address that follow something else there: a tag that was mistyped, perhaps. */
function strays({ url }: Publication, objects: readonly Object[]): string {
  const key = repositoryKey(url);
  const there = objects.filter((object) => object.target.kind === 'OCIRepository' && repositoryKey(object.url) === key);
  if (there.length === 0) return '';
  return `; at this address ${there.map(({ target, ref }) => `${targetKey(target)} follows ${sayRef(ref)}`).join(', ')}`;
}

function sayRef({ digest, semver, tag = 'latest' }: Object['ref']): string {
  return digest ?? (semver ? `versions in the range ${semver}` : `the tag ${tag}`);
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
