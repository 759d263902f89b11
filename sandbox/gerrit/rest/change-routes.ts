import { type Change, currentPatchSet } from '#sandbox/gerrit/change.ts';
import { person } from '#sandbox/gerrit/events.ts';
import { ZEROS } from '#sandbox/gerrit/git/project-git.ts';
import { Refusal } from '#sandbox/gerrit/refusal.ts';
import {
  accountOf,
  type Call,
  caller,
  changeOf,
  created,
  entriesIn,
  fieldOf,
  notFound,
  ok,
  type RestAnswer,
  type Route,
  stringsIn,
  textIn,
} from '#sandbox/gerrit/rest/call.ts';
import { changeInfo, commitInfo, optionsOf, subjectsOf } from '#sandbox/gerrit/rest/change-info.ts';
import { queried } from '#sandbox/gerrit/rest/query.ts';
import { revert } from '#sandbox/gerrit/revert.ts';
import { review } from '#sandbox/gerrit/review.ts';
import { submit, together } from '#sandbox/gerrit/submit.ts';
import { metaMove, newChangeId, say, tellTopic, upload } from '#sandbox/gerrit/upload.ts';

/** `/changes/` (rest-api-changes.txt). */
export const changeRoutes: readonly Route[] = [
  { method: 'GET', path: 'changes', answer: list },
  { method: 'POST', path: 'changes', answer: create },
  { method: 'GET', path: 'changes/*', answer: (call) => get(call, []) },
  { method: 'GET', path: 'changes/*/detail', answer: (call) => get(call, ['DETAILED_LABELS', 'LABELS', 'DETAILED_ACCOUNTS', 'MESSAGES']) },
  { method: 'GET', path: 'changes/*/messages', answer: messages },
  { method: 'GET', path: 'changes/*/submitted_together', answer: submittedTogether },
  { method: 'POST', path: 'changes/*/submit', answer: submitIt },
  { method: 'POST', path: 'changes/*/revisions/*/submit', answer: submitIt },
  { method: 'POST', path: 'changes/*/revisions/*/review', answer: reviewIt },
  { method: 'GET', path: 'changes/*/revisions/*/commit', answer: commit },
  { method: 'POST', path: 'changes/*/revert', answer: revertIt },
  { method: 'POST', path: 'changes/*/abandon', answer: abandon },
  { method: 'PUT', path: 'changes/*/topic', answer: topic },
  { method: 'POST', path: 'changes/*/reviewers', answer: addReviewer },
];

async function list(call: Call): Promise<RestAnswer> {
  const { site, who, query } = call;
  const options = optionsOf(query);
  const [most, start] = [Number(query.get('n') ?? query.get('limit') ?? 500), Number(query.get('S') ?? query.get('start') ?? 0)];
  const answers = (query.getAll('q').length === 0 ? ['status:open'] : query.getAll('q')).map(async (q) => {
    const found = queried(site, who, q);
    const page = await Promise.all(found.slice(start, start + most).map((change) => shown(call, change, options)));
    const last = page.at(-1);
    if (last !== undefined && found.length > start + most) last['_more_changes'] = true;
    return page;
  });
  const pages = await Promise.all(answers);
  for (const change of site.changes) change.stale = Math.max(0, change.stale - 1);
  return ok(pages.length === 1 ? pages[0] : pages);
}

async function get(call: Call, more: readonly string[]): Promise<RestAnswer> {
  const change = changeOf(call);
  const info = await shown(call, change, optionsOf(call.query, more));
  change.stale = Math.max(0, change.stale - 1);
  return ok(info);
}

/** For a while after a merge some reads still see the change open. */
async function shown({ site, who }: Call, change: Change, options: ReadonlySet<string>): Promise<Record<string, unknown>> {
  const info = await changeInfo(site, who, change, options);
  if (change.stale <= 0) return info;
  const { submitted: _submitted, submitter: _submitter, submission_id: _id, submit_requirements: _requirements, ...rest } = info;
  return { ...rest, status: 'NEW' };
}

/** A change with an empty commit. */
async function create(call: Call): Promise<RestAnswer> {
  const { site, body } = call;
  const by = caller(call);
  const [name, branch, subject] = ['project', 'branch', 'subject'].map((key) => textIn(body, key) ?? '');
  const project = site.projects.get(name ?? '');
  if (project === undefined || branch === undefined || subject === undefined) throw new Refusal(422, `Project ${name ?? ''} not found`);
  const made = await site.write(async () => {
    const parent = await project.git.ref(`refs/heads/${branch}`);
    if (parent === ZEROS) throw new Refusal(400, `Destination branch does not exist`);
    const message = `${subject}\n\nChange-Id: ${newChangeId()}\n`;
    const tip = await project.git.make({ parent, files: {}, message, author: by, at: site.now() });
    return upload(site, { project, branch, tip, by, topic: textIn(body, 'topic') });
  });
  const [first] = made;
  if (first === undefined) throw new Refusal(409, 'no new changes');
  return created(await changeInfo(site, call.who, first.change, new Set()));
}

function messages(call: Call): Promise<RestAnswer> {
  return get(call, ['MESSAGES', 'DETAILED_ACCOUNTS']).then(({ json }) => ok(fieldOf(json, 'messages')));
}

async function submittedTogether(call: Call): Promise<RestAnswer> {
  const { site, who } = call;
  const change = changeOf(call);
  const merged = site.changes.filter((each) => each.submissionId !== undefined && each.submissionId === change.submissionId);
  const batch = change.status === 'NEW' ? await together(site, change) : merged;
  const options = new Set([...optionsOf(call.query), 'CURRENT_REVISION']);
  const infos = batch.toReversed().map((each) => changeInfo(site, who, each, options));
  return ok(batch.length > 1 ? await Promise.all(infos) : []);
}

async function submitIt(call: Call): Promise<RestAnswer> {
  const { site } = call;
  const [change, by] = [changeOf(call), caller(call)];
  await site.write(() => submit(site, change, by));
  return ok(await changeInfo(site, by, change, new Set()));
}

async function reviewIt(call: Call): Promise<RestAnswer> {
  const { site, body } = call;
  const [change, by] = [changeOf(call), caller(call)];
  const revision = call.params[1] ?? '';
  const current = currentPatchSet(change);
  const names = ['current', String(current.number), current.revision, ...change.patchSets.map((each) => each.revision)];
  if (!names.includes(revision)) throw notFound(revision);
  if (typeof body === 'string') throw new Refusal(400, 'Invalid application/json in request');
  const wanted = entriesIn(body, 'labels').map(([label, value]): [string, number] => [label, Number(value)]);
  const asked = fieldOf(body, 'labels') !== undefined;
  const number = fieldOf(body, 'on_behalf_of');
  const other = typeof number === 'number' ? String(number) : textIn(body, 'on_behalf_of');
  const onBehalfOf = other === undefined ? undefined : accountOf(call, other, 422);
  const labels = await site.write(() =>
    review(site, change, by, {
      message: textIn(body, 'message'),
      labels: Object.fromEntries(wanted),
      tag: textIn(body, 'tag'),
      onBehalfOf,
    }),
  );
  return ok({ ...(asked ? { labels } : {}), change_info: await changeInfo(site, by, change, new Set()) });
}

async function commit(call: Call): Promise<RestAnswer> {
  const change = changeOf(call);
  const project = call.site.project(change.project);
  const [, id = ''] = call.params;
  const revision =
    id === 'current'
      ? currentPatchSet(change).revision
      : change.patchSets.find((each) => each.revision === id || String(each.number) === id)?.revision;
  const found = revision === undefined ? undefined : await project.git.commit(revision);
  if (found === undefined) throw notFound(id);
  return ok(commitInfo(found, await subjectsOf(project, found)));
}

async function revertIt(call: Call): Promise<RestAnswer> {
  const { site, body } = call;
  const [change, by] = [changeOf(call), caller(call)];
  const made = await site.write(() => revert(site, change, by, textIn(body, 'message'), textIn(body, 'topic')));
  return ok(await changeInfo(site, by, made, new Set()));
}

async function abandon(call: Call): Promise<RestAnswer> {
  const { site } = call;
  const [change, by] = [changeOf(call), caller(call)];
  if (change.status !== 'NEW') throw new Refusal(409, `change is ${change.status.toLowerCase()}`);
  const reason = textIn(call.body, 'message') ?? '';
  await site.write(async () => {
    change.status = 'ABANDONED';
    say(site, change, by, reason === '' ? 'Abandoned' : `Abandoned\n\n${reason}`, { tag: 'autogenerated:gerrit:abandon' });
    await site.move(site.project(change.project), [await metaMove(site, change, by, 'Abandon')], by);
    site.publish(site.events.change('change-abandoned', change, { abandoner: person(by), reason }));
  });
  return ok(await changeInfo(site, by, change, new Set()));
}

async function topic(call: Call): Promise<RestAnswer> {
  const { site } = call;
  const [change, by] = [changeOf(call), caller(call)];
  const [old, now] = [change.topic, textIn(call.body, 'topic') ?? ''];
  await site.write(async () => {
    if (now === '') delete change.topic;
    else change.topic = now;
    await site.move(site.project(change.project), [await metaMove(site, change, by, 'Set topic')], by);
    tellTopic(site, change, by, old);
  });
  return now === '' ? { status: 204 } : ok(now);
}

async function addReviewer(call: Call): Promise<RestAnswer> {
  const { site } = call;
  const [change, by] = [changeOf(call), caller(call)];
  const names = [textIn(call.body, 'reviewer'), ...stringsIn(call.body, 'reviewers')].filter((each) => each !== undefined);
  await site.write(async () => {
    for (const name of names) {
      const reviewer = accountOf(call, name, 422);
      change.reviewers.add(reviewer);
      await site.move(site.project(change.project), [await metaMove(site, change, by, 'Add reviewer')], by);
      site.publish(site.events.change('reviewer-added', change, { reviewer: person(reviewer), adder: person(by) }));
    }
  });
  return ok({ input: names[0] ?? '', reviewers: [] });
}
