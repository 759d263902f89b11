import { renderBrought } from './brought.ts';
import { formatDuration } from './duration.ts';
import { nextSteps } from './next-steps.ts';
import type { Change, Delivery, Story } from './schema.ts';
import { renderTargets } from './story-targets.ts';
import { indented, nameTarget, printable, shortRevision } from './text.ts';
import type { View } from './view.ts';

/** A change and everything that came of it, as `headgate trace` prints it. Pure. */
export function renderStory(story: Story, view: View): readonly string[] {
  const next = nextSteps(story);
  return [
    ...renderHead(story, view),
    ...renderBrought(story, view),
    ...renderTargets(story, view),
    ...renderCandidates(story, view),
    ...(next.length === 0 ? [] : ['', view.style.bold('what to do next')]),
    ...next.flatMap((line) => indented(line, 2, view.width)),
  ];
}

/** A delivery that no change came of. Pure. */
export function renderDelivery(delivery: Delivery, view: View): readonly string[] {
  const { style, width } = view;
  const { state, reason, settledAt, receivedAt, attempts } = delivery;
  const mark = state === 'dead' ? style.bad('✗') : state === 'pending' ? style.warn('►') : style.dim('–');
  const took = settledAt === null ? '' : ` after ${formatDuration(settledAt - receivedAt)}`;
  return [
    ...renderReceived(delivery, view),
    `${mark} ${style.bold(state)}${took}${attempts > 0 ? `, failed attempts: ${attempts}` : ''}`,
    ...(reason === null ? [] : indented(printable(reason), 2, width)),
    '',
    style.bold('what to do next'),
    ...indented(adviceFor(delivery), 2, width),
  ];
}

function adviceFor({ state, id }: Delivery): string {
  if (state === 'pending') return 'It is being handled; ask again in a moment.';
  if (state === 'ignored')
    return `Nothing: a delivery of this kind deploys nothing. If it should, \`headgate replay ${id}\` reads it again.`;
  if (state === 'done') return 'Nothing: `headgate trace` of the change that it names tells what came of it.';
  return `See the log of the server for why. Once that is mended, \`headgate replay ${id}\` takes it through the flow again; \`headgate reconcile\` brings a target to the head of its ref.`;
}

function renderHead({ change, delivery }: Story, view: View): readonly string[] {
  const { style, width } = view;
  const title = [change.repository, change.ref, shortRevision(change.revision)].map(printable).join('  ');
  return [
    `${style.bold(title)}  ${change.action}${by(change)}`,
    ...renderReceived(delivery, view),
    ...indented(`change ${change.id}: ${describeMove(change)}, matched ${formatDuration(change.at - change.receivedAt)} later`, 2, width),
    ...indented(describeTrust(change), 2, width),
    ...(change.lateFor === null ? [] : indented(`came late: ${change.lateFor} of the same ref is newer`, 2, width)),
    ...change.owed.flatMap((cluster) =>
      indented(`cluster ${printable(cluster)} has not answered yet; it is matched there as soon as it does`, 2, width),
    ),
    '',
  ];
}

/** Where the host of the repositories asserted who it was, and its own token was verified, whose word it is. */
function by({ actors: [first] }: Change): string {
  if (first === undefined) return '';
  const word = first.assertedBy === undefined ? '' : `, on the word of ${printable(first.assertedBy)}`;
  return ` by ${printable(first.name)}${first.kind === 'bot' ? ' (bot)' : ''}${word}`;
}

/** What the source said when it was asked. */
function describeTrust({ source, readBack, confirmed }: Change): string {
  if (readBack === null) return 'not confirmed by the source: this is what its signed message said';
  const head = readBack.head === null ? 'nothing' : shortRevision(readBack.head);
  const asked = `${printable(source)} was asked (${readBack.by})`;
  if (readBack.standing === 'head') return `confirmed: ${asked} and the ref leads to this revision`;
  return `${confirmed ? 'confirmed, but not the head' : 'not confirmed'}: ${asked} and the ref leads to ${head} (${readBack.standing})`;
}

function describeMove({ before, after, action }: Change): string {
  if (action === 'requested') return after === null ? 'asks for the head' : `asks for ${shortRevision(after)}`;
  const name = (revision: string | null): string => (revision === null ? 'nothing' : shortRevision(revision));
  return `from ${name(before)} to ${name(after)}`;
}

function renderReceived(delivery: Delivery, { width }: View): readonly string[] {
  const { id, source, event, deliveryId, remote, receivedAt, kind, replayOf, cause } = delivery;
  if (replayOf !== null) {
    const what = `replay of ${replayOf} (${event} from ${source}), asked for by ${remote}`;
    return indented(`received ${new Date(receivedAt).toISOString()}: ${printable(what)}, delivery ${id}`, 2, width);
  }
  if (kind === 'sweep')
    return indented(`seen ${new Date(receivedAt).toISOString()} by a look at ${printable(source)}, delivery ${id}`, 2, width);
  if (kind === 'look') {
    const why = `by a look at ${source} that ${cause ?? 'news'} asked for`;
    return indented(`seen ${new Date(receivedAt).toISOString()} ${printable(why)}, delivery ${id}`, 2, width);
  }
  const what = kind === 'request' ? `request from ${remote}` : `${event} from ${source} (${remote}), its id ${deliveryId}`;
  return indented(`received ${new Date(receivedAt).toISOString()}: ${printable(what)}, delivery ${id}`, 2, width);
}

/** The objects of the same repository that a change does not bring anywhere, with the reasons. */
export function renderCandidates({ candidates }: Pick<Story, 'candidates'>, { style, width }: View): readonly string[] {
  if (candidates.length === 0) return [];
  return [
    '',
    style.bold('same repository, not matched'),
    ...candidates.flatMap(({ target, reason, message }) => [
      `${style.dim('–')} ${nameTarget(target)}: ${printable(reason)}`,
      ...indented(printable(message), 4, width),
    ]),
  ];
}
