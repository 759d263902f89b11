import { whatWouldPass } from '#core/remedies.ts';
import type { ExplainedTarget, Explanation } from './explanation-schema.ts';
import { describeDecision } from './story-targets.ts';
import { renderCandidates } from './story.ts';
import { indented, nameTarget, printable, shortRevision } from './text.ts';
import type { View } from './view.ts';

/** What would come of a change, in the form in which `headgate trace` tells what came of one. Pure. */
export function renderExplanation(explanation: Explanation, view: View): readonly string[] {
  const { targets, reason, owed, notes } = explanation;
  const { style, width } = view;
  const next = nextSteps(explanation);
  return [
    ...renderHead(explanation, view),
    ...targets.flatMap((target) => renderTarget(target, view)),
    ...(targets.length > 0 || reason === null ? [] : [`${style.dim('–')} nothing would move: ${printable(reason)}`]),
    ...renderCandidates(explanation, view),
    ...section('what this rests on', [...owed.map(unknownCluster), ...notes], view),
    ...(next.length === 0 ? [] : ['', style.bold('what to do next')]),
    ...next.flatMap((line) => indented(printable(line), 2, width)),
  ];
}

function renderHead({ change }: Explanation, { style, width }: View): readonly string[] {
  if (change === null) return [];
  const title = [change.repository, change.ref, shortRevision(change.revision)].map(printable).join('  ');
  const what = change.id === null ? 'if it happened now' : `change ${change.id}, if it were decided now`;
  const trust = change.confirmed ? 'confirmed by it' : 'not confirmed by it';
  return [
    `${style.bold(title)}  ${change.action}`,
    ...indented(printable(`${what}, on source ${change.source}, ${trust}`), 2, width),
    ...(change.lateFor === null ? [] : indented(`came late: ${change.lateFor} of the same ref is newer`, 2, width)),
    '',
  ];
}

function renderTarget(explained: ExplainedTarget, view: View): readonly string[] {
  const { target, decision, consumers, namespaces, source } = explained;
  const { style, width } = view;
  const { mark, phrase } = statusOf(explained, view);
  const lead = `    ${decision.verdict.padEnd(6)} `;
  const [first = '', ...rest] = indented(printable(describeDecision(decision)), lead.length, width);
  return [
    `${mark} ${style.bold(nameTarget(target))}: ${phrase}`,
    `${style.dim(lead)}${first.slice(lead.length)}`,
    ...rest,
    ...(explained.skipped === null ? [] : indented(printable(explained.skipped.message), 4, width)),
    ...indented(
      `now at ${printable(source.artifactRevision ?? 'nothing')}; writes to ${printable(namespaces.join(', ')) || 'other clusters only'}`,
      4,
      width,
    ),
    ...consumers.map((consumer) => renderConsumer(consumer, view)),
  ];
}

function statusOf({ moves, skipped, decision }: ExplainedTarget, { style }: View): { readonly mark: string; readonly phrase: string } {
  if (moves) return { mark: style.good('✔'), phrase: 'would move' };
  if (skipped !== null) return { mark: style.dim('–'), phrase: `allowed, but would be skipped (${printable(skipped.reason)})` };
  const phrase = decision.verdict === 'hold' ? 'would be held' : 'would be denied';
  return { mark: style.bad('✗'), phrase };
}

function renderConsumer(
  { object, namespaces, suspended, unbounded, remote, remoteCluster }: ExplainedTarget['consumers'][number],
  { style }: View,
): string {
  const marks = [
    ...(suspended ? ['suspended'] : []),
    ...(unbounded ? ['no service account bounds it'] : []),
    ...(remote ? [remoteCluster === undefined ? 'to another cluster: nothing says to which' : `in cluster ${remoteCluster}`] : []),
  ];
  const more = marks.length === 0 ? '' : ` (${marks.join('; ')})`;
  return `    ${style.dim('▸')} ${printable(`${object.kind}/${object.name} in ${object.namespace} → ${namespaces.join(', ')}`)}${more}`;
}

function section(title: string, lines: readonly string[], { style, width }: View): readonly string[] {
  if (lines.length === 0) return [];
  return ['', style.bold(title), ...lines.flatMap((line) => indented(printable(line), 2, width))];
}

function unknownCluster(cluster: string): string {
  return `cluster ${cluster} has not answered yet: nothing is said about it`;
}

/** What would let it through, or what to compare when there is nothing that could move. */
function nextSteps({ targets, candidates, change }: Explanation): readonly string[] {
  const denied = targets.filter(({ decision }) => decision.verdict !== 'allow').map(({ decision }) => decision);
  const codes = new Set(denied.flatMap(({ reasons }) => reasons.map(({ code }) => code)));
  if (codes.has('policies-unavailable')) return ['Give the policies: --policies <directory>.'];
  if (denied.length > 0) return [...new Set(denied.flatMap(whatWouldPass)), ...(codes.has('unconfirmed') ? [supposeIt] : [])];
  if (targets.length > 0 || change === null) return [];
  if (candidates.length > 0) return [`Nothing follows ${change.ref}; the reasons stand above.`];
  return [
    `Compare ${change.repository} with spec.url of the objects; if the clusters use another address, add it to \`aliases\` of the source.`,
  ];
}

const supposeIt = '--confirmed supposes that it does.';
