import type { SecretRef } from '#config/secret-ref.ts';
import type { Clock } from '#core/clock.ts';
import { finding, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import type { Publisher } from '#core/ports/publisher.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { SourceCheckQuestion } from '#core/ports/source-adapter.ts';
import type { HgBackEnd } from '../back-end.ts';
import type { HgSource } from '../schema.ts';
import { checkContent } from './content.ts';
import { heardFindings } from './heard.ts';
import { checkHooks } from './hook.ts';
import { checkRefs } from './refs.ts';
import { secretFindings } from './secrets.ts';

export interface HgCheckOptions {
  readonly source: HgSource;
  /** @throws HeadgateError SECRET_UNAVAILABLE */
  readonly secret: (ref: SecretRef) => Buffer;
  readonly clock: Clock;
  readonly backEnd: HgBackEnd;
  readonly readBack: ReadBack;
  readonly publisher: Publisher | undefined;
  /** Where the configuration of this machine's hg lies; default `/etc/mercurial`. */
  readonly system?: string;
}

/**
 * What `headgate check` finds at a source of Mercurial, whichever way it is asked: the way to the host, then what each followed ref leads to and whether
 * what is published can be packed. Nothing is written but clones of our own, which are pulled.
 */
export function createHgCheck(options: HgCheckOptions): (asked: SourceCheckQuestion) => Promise<readonly Finding[]> {
  const { source, secret, clock, backEnd, readBack, publisher, system = '/etc/mercurial' } = options;
  const about = `source ${source.name}`;
  return async (asked) => {
    const publications = publisher?.publications ?? [];
    const all = [...new Set([...asked.repositories, ...publications.map(({ repository }) => repository)])].toSorted();
    const repositories = all.slice(0, limits.check.repositories);
    const question = { about, clock, repositories };
    const own = [
      finding('SOURCE_READ_BACK', about, 'good', `${source.type}; changes are confirmed by ${backEnd.by === 'clone' ? 'clones' : 'hgweb'}`),
      ...secretFindings({ source, about, now: clock.now(), secret }),
    ];
    const hooks = await checkHooks({ about, source, repositories, system, now: clock.now() });
    const heard = [...hooks, ...heardFindings({ about, isSent: source.webhook !== undefined, at: asked.lastReceivedAt, now: clock.now() })];
    if (all.length === 0) return [...own, nothingNamed(about), ...heard];
    const way = (await backEnd.check?.(question)) ?? [];
    if (way.some(({ severity }) => severity === 'bad')) return [...own, ...way, ...heard];
    const refs = await checkRefs({ ...question, readBack, publications, refs: asked.refs });
    const content = publisher ? await checkContent({ about, clock, publisher, heads: refs.heads }) : [];
    return [...own, ...way, ...refs.findings, ...content, ...leftOut(about, all.length - repositories.length), ...heard];
  };
}

function nothingNamed(about: string): Finding {
  const words = {
    without: 'Nothing is wrong yet; the host was not asked, because hosts of Mercurial are asked about repositories.',
    mend: 'Name one in `publish` of the source: docs/how-to/publish-to-flux.md.',
  };
  return finding('SOURCE_REPOSITORY', about, 'unknown', 'no repository of it is published or followed', words);
}

function leftOut(about: string, count: number): readonly Finding[] {
  if (count === 0) return [];
  const words = { without: 'They work as the others do.', mend: 'Nothing has to be done: a bounded number is looked at.' };
  return [finding('SOURCE_REPOSITORY', about, 'unknown', `repositories that were not looked at: ${count}`, words)];
}
