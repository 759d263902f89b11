import { describeNews } from '#core/news-text.ts';
import type { NewsKind } from '#core/news.ts';
import type { News } from '#core/ports/sink.ts';

/** API groups and versions of the kinds that can be targets, as Flux 2.7 and newer serve them. */
const apiVersions: Readonly<Record<string, string>> = {
  GitRepository: 'source.toolkit.fluxcd.io/v1',
  OCIRepository: 'source.toolkit.fluxcd.io/v1',
  Bucket: 'source.toolkit.fluxcd.io/v1',
  HelmRepository: 'source.toolkit.fluxcd.io/v1',
  HelmChart: 'source.toolkit.fluxcd.io/v1',
};

/** What Alerts deliver of news. Absent: nobody needs to be alerted. */
const told: Readonly<Partial<Record<NewsKind, { readonly reason: string; readonly severity: 'info' | 'error' }>>> = {
  denied: { reason: 'HeadgateDenied', severity: 'error' },
  held: { reason: 'HeadgateHeld', severity: 'info' },
  triggered: { reason: 'HeadgateTriggered', severity: 'info' },
  applied: { reason: 'HeadgateApplied', severity: 'info' },
  failed: { reason: 'HeadgateFailed', severity: 'error' },
  stalled: { reason: 'HeadgateFailed', severity: 'error' },
  timed_out: { reason: 'HeadgateFailed', severity: 'error' },
  skipped: { reason: 'HeadgateSkipped', severity: 'info' },
};

/** What an event says beside the news. */
export interface EventSurroundings {
  /** Of the object in the cluster; undefined when it is not there any more. */
  readonly uid: string | undefined;
  /** Address of the change's page, null where nobody has said where the pages are. */
  readonly page: string | null;
}

export function isTold({ kind, target }: Pick<News, 'kind' | 'target'>): boolean {
  return told[kind] !== undefined && apiVersions[target.kind] !== undefined;
}

/**
 * News as an Event of Flux (fluxcd/pkg apis/event/v1beta1 event.go). notification-controller keeps of the metadata what begins with its own
 * group or the object's (internal/server/event_server.go cleanupMetadata), and refuses for five minutes what has the same object,
 * message, revision and token (eventKeyFunc).
 * @throws Error for news that isTold excludes
 */
export function fluxEventOf(news: News, { uid, page }: EventSurroundings) {
  const { id, kind, at, target, decision, reconcile, story } = news;
  const as = told[kind];
  const apiVersion = apiVersions[target.kind];
  if (as === undefined || apiVersion === undefined) throw new Error(`${kind} of a ${target.kind} is no event`);
  const group = apiVersion.split('/')[0];
  const revision = fluxRevision(story.change);
  return {
    involvedObject: { apiVersion, kind: target.kind, namespace: target.namespace, name: target.name, ...(uid ? { uid } : {}) },
    severity: as.severity,
    timestamp: new Date(at).toISOString(),
    message: describeNews(news),
    reason: as.reason,
    metadata: {
      [`${group}/token`]: id,
      ...(revision === null ? {} : { [`${group}/revision`]: revision }),
      ...prefixed({ change: story.change.id, rule: decision.rule, run: reconcile?.id, url: page ?? undefined }),
    },
    reportingController: 'headgate',
  };
}

function prefixed(fields: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[`event.toolkit.fluxcd.io/headgate-${key}`, value]])),
  );
}

/** `main@sha1:<hex>` (Flux RFC-0005); null where no commit is named. */
function fluxRevision({ ref, revision }: News['story']['change']): string | null {
  if (revision === null || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(revision)) return null;
  return `${ref.replace(/^refs\/(?:heads|tags)\//, '')}@${revision.length === 64 ? 'sha256' : 'sha1'}:${revision}`;
}
