import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import { limits } from '#core/limits.ts';
import type { Wire } from '#core/wire.ts';
import { eventually } from '../../conformance/cluster/eventually.ts';
import type { Submitted, SubmitStage } from './submit-stage.ts';

/** What a trial came to, for people to read. */
export interface Tally {
  readonly submits: number;
  /** Milliseconds from the last submit until every branch ran its last one. */
  readonly settled: number;
  /** Heads that were seen one by one; what was submitted between two of them came in the range of the later one. */
  readonly heads: number;
  readonly reconciles: number;
}

/**
 * Waits until everything has come to its end, and holds it against what was submitted: every branch runs its last one; each submitted change came
 * in the range of exactly one change, and was allowed; no revision has two changes; no target was brought to a revision twice, nor back to an older one.
 */
export async function assertLossless(stage: SubmitStage): Promise<Tally> {
  const { api } = stage.headgate;
  const begun = performance.now();
  const lasts = [...new Map(stage.submitted.map((one) => [one.branch, one])).values()];
  await Promise.all(lasts.map(({ branch, revision }) => stage.applied(branch, revision)));
  const settled = performance.now() - begun;
  await atRest(stage, lasts);
  const heads = await assertOneChangeEach(stage);
  await assertEachCameOnce(stage);
  const reconciles = await assertOneReconcileEach(stage);
  const decisions = await api.all<Wire<Decision>>('decisions');
  assert.deepEqual(
    decisions.filter(({ verdict }) => verdict !== 'allow').map(({ change, verdict, reasons }) => ({ change, verdict, reasons })),
    [],
  );
  return { submits: stage.submitted.length, settled, heads, reconciles };
}

/** Nothing waits, and the last ones are known: Flux may have fetched one when it was asked for the one before. */
async function atRest({ headgate: { api } }: SubmitStage, lasts: readonly Submitted[]): Promise<void> {
  await eventually(async () => {
    for (const { branch, revision } of lasts) assert.ok(await api.story(revision), `${branch} at ${revision} is not known`);
    assert.deepEqual(await api.deliveries({ state: 'pending' }), []);
    const open = (await api.reconciles()).filter(({ state }) => state !== 'ended');
    assert.deepEqual(open, []);
  }, 60_000);
}

/** @returns how many revisions have a change */
async function assertOneChangeEach({ headgate: { api }, submitted }: SubmitStage): Promise<number> {
  const revisions = new Set(submitted.map(({ revision }) => revision));
  const changes = (await api.all<Wire<Change>>('changes')).filter(({ revision }) => revisions.has(revision ?? ''));
  const twice = repeated(changes.map(({ ref, revision }) => `${ref} ${revision}`));
  assert.deepEqual(twice, [], 'a revision has two changes');
  return changes.length;
}

/** Each submitted change lies in the range of exactly one change that was decided, which names it unless it names as many as a record holds. */
async function assertEachCameOnce({ headgate: { api }, submitted }: SubmitStage): Promise<void> {
  const decided = (await api.all<Wire<Change>>('changes')).filter(({ readBack }) => readBack?.range);
  const wrong: string[] = [];
  for (const [branch, its] of Map.groupBy(submitted, (one) => one.branch)) {
    const position = new Map(its.map(({ revision }, index) => [revision, index]));
    const ranges = decided.flatMap(({ ref, revision, readBack }) => {
      const end = ref === `refs/heads/${branch}` ? position.get(revision ?? '') : undefined;
      const range = readBack?.range;
      return end === undefined || !range ? [] : [{ begin: position.get(range.base) ?? -1, end, pulls: range.pulls }];
    });
    for (const [at, { number }] of its.entries()) {
      const holding = ranges.filter(({ begin, end }) => begin < at && at <= end);
      const naming = holding.filter(
        ({ pulls }) => pulls.length >= limits.readBack.kept.pulls || pulls.some((pull) => pull.number === number),
      );
      if (naming.length !== 1 || holding.length !== 1)
        wrong.push(`${number} on ${branch} lies in ${holding.length}, named by ${naming.length}`);
    }
  }
  assert.deepEqual(wrong, []);
}

async function assertOneReconcileEach({ headgate: { api }, submitted }: SubmitStage): Promise<number> {
  const position = new Map(submitted.map(({ revision }, index) => [revision, index]));
  const reconciles = (await api.reconciles()).filter(({ revision }) => position.has(revision ?? ''));
  assert.deepEqual(repeated(reconciles.map(({ target, revision }) => `${target.name} ${revision}`)), [], 'a target has two reconciles');
  for (const [target, its] of Map.groupBy(reconciles, ({ target: { name } }) => name)) {
    const positions = its.toSorted((a, b) => a.seq - b.seq).map(({ revision }) => position.get(revision ?? '') ?? -1);
    assert.deepEqual(
      positions,
      positions.toSorted((a, b) => a - b),
      `${target} went back`,
    );
  }
  return reconciles.length;
}

const Hook = z.object({ type: z.string(), refUpdate: z.object({ refName: z.string(), newRev: z.string() }) });

/** Whatever the server has answered 2xx to is in its journal. @returns how many posts that were of a branch */
export async function assertTakenIsKept({ gerrit, headgate: { api } }: SubmitStage): Promise<number> {
  const taken = gerrit.webhooks.posts.flatMap(({ status = 0, body }) => {
    const read = Hook.safeParse(JSON.parse(body));
    return status >= 200 && status < 300 && read.success && read.data.refUpdate.refName.startsWith('refs/heads/')
      ? [read.data.refUpdate]
      : [];
  });
  const kept = new Set((await api.deliveries()).flatMap(({ hint }) => (hint === null ? [] : [`${hint.ref} ${hint.after}`])));
  assert.deepEqual(
    taken.filter(({ refName, newRev }) => !kept.has(`${refName} ${newRev}`)),
    [],
  );
  return taken.length;
}

/** Of the moves of branches that Gerrit told of, how many the stream did not bring. */
export async function unheard({ gerrit, headgate: { api } }: SubmitStage): Promise<number> {
  const told = gerrit.events.filter(({ body, ref }) => body.type === 'ref-updated' && ref?.startsWith('refs/heads/line-'));
  const heard = (await api.deliveries()).filter(({ kind, event }) => kind === 'stream' && event === 'ref-updated');
  return told.length - heard.length;
}

function repeated(names: readonly string[]): readonly string[] {
  return [...Map.groupBy(names, (name) => name)].flatMap(([name, all]) => (all.length > 1 ? [`${name} (${all.length})`] : []));
}
