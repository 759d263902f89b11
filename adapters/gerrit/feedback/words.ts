import { isPoliciesTarget } from '#core/policies-target.ts';
import type { Heir } from '#core/ports/sink.ts';
import type { Standing, Telling, ToldOutcome } from './standing.ts';

/** `applied in prod`: the first line of a message. */
export function headline({ outcome, cluster, about, underWay }: Telling): string {
  const place = isPoliciesTarget({ cluster }) ? 'the policies' : cluster;
  const share = about.filter((one) => one.outcome === outcome).length;
  const part = share < about.length ? ` (${share} of ${about.length} targets)` : '';
  const rest = underWay > 0 ? `; ${underWay} more under way there` : '';
  return `Headgate: ${HEADLINES[outcome]} ${place}${partOf(about)}${part}${rest}`;
}

/** Where all of it came about by one newer revision. */
function partOf(about: readonly Standing[]): string {
  const names = new Set(about.map(({ heir }) => (heir?.holds ? nameOf(heir) : '')));
  const [name = ''] = names;
  return names.size === 1 && name !== '' ? `, as part of ${name}` : '';
}

/** `change 45`, or the revision where nothing of it went through review. */
function nameOf({ change, reconcile }: Heir): string {
  const tip = change.readBack?.range?.pulls.find(({ review, head }) => review !== undefined && head === reconcile.revision);
  return tip ? `change ${tip.number}` : (reconcile.revision?.slice(0, 12) ?? 'the head of the ref');
}

const HEADLINES: Readonly<Record<ToldOutcome, string>> = {
  applied: 'applied in',
  unchanged: 'nothing to deploy in',
  failed: 'failed in',
  stalled: 'stalled in',
  timed_out: 'no outcome in time from',
  superseded: 'superseded in',
  replaced: 'replaced in',
  skipped: 'skipped in',
  denied: 'denied in',
  held: 'held in',
};

/** What became of one target. Of the cluster no more than a reason's slug: what Flux says at length may hold what is nobody's business here. */
export function wordsOf({ outcome, reconcile, heir }: Standing): string {
  if (outcome === null) return 'under way';
  const words = WORDS[outcome](reconcile?.reason ?? null, reconcile?.state === 'ended');
  return heir ? `${words}${heir.holds ? ', as part of' : ':'} ${nameOf(heir)}` : words;
}

const WORDS: Readonly<Record<ToldOutcome, (reason: string | null, isOver: boolean) => string>> = {
  applied: (reason) => (reason === 'current' ? 'applied already' : 'applied'),
  unchanged: (reason) => (reason === 'paths' ? 'nothing to deploy: no declared path changed' : `nothing to deploy${slug(reason)}`),
  failed: (reason, isOver) => `failed${slug(reason)}${isOver ? '' : ', Flux tries again'}`,
  stalled: (reason) => `stalled${slug(reason)}: Flux does not try again`,
  timed_out: () => 'the cluster reported no outcome in time',
  superseded: () => 'superseded: a newer revision of the ref took its place before it ran',
  replaced: () => 'superseded by a revision that runs without it',
  skipped: (reason) => `skipped${slug(reason)}`,
  denied: () => 'denied',
  held: () => 'held',
};

/** What makes it pass where nothing but a decision did not stand in the way; undefined where nothing is to be done. */
export function adviceOf({ outcome, reconcile }: Standing): string | undefined {
  const reason = reconcile?.reason ?? '';
  if (outcome === 'skipped') return SKIPPED.get(reason) ?? 'Ask again with `headgate reconcile` once the reason is gone.';
  if (outcome === 'superseded')
    return 'Nothing has to be done: if the newer revision holds this change, it comes with it, and that is told here.';
  if (outcome === 'replaced')
    return 'The ref was forced past it, or another revision was asked for. If it is still wanted, bring it to the ref again, or ask for it with `headgate reconcile`.';
  if (outcome === 'failed' || outcome === 'stalled')
    return 'What failed is on the page of the change. Mend it, or revert, by another change.';
  return outcome === 'timed_out'
    ? 'Look at the cluster: `headgate check`, `flux get all`; then ask again with `headgate reconcile`.'
    : undefined;
}

const SKIPPED: ReadonlyMap<string, string> = new Map([
  ['suspended', 'It is suspended in Flux: resume it (`flux resume`), then ask again with `headgate reconcile`.'],
  ['gone', 'The Flux object is gone: there is nothing that would take it.'],
  ['not-head', 'The ref has moved on to a revision that was not allowed here: what stands in its way is told on its own change.'],
  ['not-configured', 'The cluster is no longer in the config of Headgate.'],
]);

/** Reasons are slugs of ours or of Flux: `HealthCheckFailed`. */
function slug(reason: string | null): string {
  return reason !== null && /^[\w-]{1,60}$/.test(reason) ? ` (${reason})` : '';
}
