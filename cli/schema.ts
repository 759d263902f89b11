import { z } from 'zod';

/*
 * What the command line reads of the API's answers (docs/reference/api.md). Only the fields that it shows,
 * and open about words: a newer server's new outcome is still printed.
 */

const text = z.string();
const maybe = text.nullable();
const moment = z.iso.datetime().transform((value) => Date.parse(value));

export const TargetRef = z.object({ cluster: text, kind: text, namespace: text, name: text });
export type TargetRef = z.infer<typeof TargetRef>;

const Actor = z.object({ role: text, name: text, kind: text, assertedBy: text.exactOptional() });

const Hint = z.object({ repository: text, ref: text, after: maybe, action: text });

export const Delivery = z.object({
  id: text,
  source: text,
  deliveryId: text,
  kind: text,
  event: text,
  receivedAt: moment,
  remote: text,
  state: text,
  reason: maybe,
  hint: Hint.nullable(),
  attempts: z.number(),
  settledAt: moment.nullable(),
  replayOf: maybe,
  cause: text.exactOptional(),
});
export type Delivery = z.infer<typeof Delivery>;

const Named = z.object({ name: text }).nullable();

/** A change of a review system that came with a change. */
const ReviewedChange = z.object({
  number: z.int(),
  title: text,
  review: z.object({
    url: maybe,
    submitter: Named,
    submittedAt: moment.nullable(),
    requirements: z.array(z.object({ name: text, status: text })),
    votes: z.array(
      z.object({
        label: text,
        value: z.number(),
        by: Named,
        postSubmit: z.boolean(),
        automatic: z.boolean(),
        onBehalf: z.boolean().nullable(),
        onSubmitted: z.boolean(),
      }),
    ),
  }),
});
export type ReviewedChange = z.infer<typeof ReviewedChange>;

const Range = z.object({
  pulls: z.array(ReviewedChange.partial({ review: true })).default([]),
  morePulls: z.array(z.object({ number: z.number() })).default([]),
  lacked: z.array(text).default([]),
});

export const Change = z.object({
  id: text,
  delivery: text,
  source: text,
  repository: text,
  ref: text,
  action: text,
  before: maybe,
  after: maybe,
  revision: maybe,
  confirmed: z.boolean(),
  receivedAt: moment,
  at: moment,
  actors: z.array(Actor),
  lateFor: maybe,
  owed: z.array(text),
  readBack: z.object({ by: text, head: maybe, standing: text, range: Range.nullish() }).nullable(),
});
export type Change = z.infer<typeof Change>;

export const Candidate = z.object({ target: TargetRef, reason: text, message: text });

export const Decision = z.object({
  id: text,
  change: text,
  target: TargetRef,
  verdict: text,
  wouldBe: maybe,
  enforcement: text,
  rule: text,
  reasons: z.array(z.object({ code: text, message: text })),
  facts: z.record(z.string(), z.union([text, z.boolean(), z.array(text), z.null()])).default({}),
  lacked: z.array(text),
  at: moment,
});
export type Decision = z.infer<typeof Decision>;

/** A link of the evidence chain: the fields that a table shows. */
export const ChainRecord = z.object({
  id: text,
  hash: text,
  record: z.object({
    at: moment,
    kind: text,
    target: text.nullish(),
    cluster: text.nullish(),
    change: text.nullish(),
    decision: text.nullish(),
    verdict: text.nullish(),
    outcome: text.nullish(),
    reason: text.nullish(),
    rule: text.nullish(),
    after: text.nullish(),
    revision: text.nullish(),
  }),
});

const Consumer = z.object({
  object: TargetRef,
  outcome: maybe,
  reason: maybe,
  message: maybe,
  revision: maybe,
  at: moment.nullable(),
});

export const Reconcile = z.object({
  id: text,
  seq: z.int(),
  target: TargetRef,
  change: text,
  decision: text,
  revision: maybe,
  state: text,
  outcome: maybe,
  reason: maybe,
  message: maybe,
  consumers: z.array(Consumer),
  steps: z.array(z.object({ at: moment, name: text, detail: text })),
  receivedAt: moment,
  createdAt: moment,
  triggeredAt: moment.nullable(),
  endedAt: moment.nullable(),
});
export type Reconcile = z.infer<typeof Reconcile>;

const Pairing = z.object({
  number: z.int(),
  ran: z.array(z.object({ target: TargetRef, deployedAt: moment, revertedAt: moment.nullable() })),
});
export type Pairing = z.infer<typeof Pairing>;

const Brought = z.object({
  number: z.int(),
  submittedAt: moment.nullable(),
  deployments: z.array(z.object({ target: TargetRef, at: moment })),
  reverts: Pairing.nullable(),
  revertedBy: z.array(Pairing),
});
export type Brought = z.infer<typeof Brought>;

export const Story = z.object({
  change: Change,
  delivery: Delivery,
  candidates: z.array(Candidate),
  decisions: z.array(Decision),
  reconciles: z.array(Reconcile),
  brought: z.array(Brought).default([]),
});
export type Story = z.infer<typeof Story>;

export const Problem = z.object({
  code: text,
  title: text.optional(),
  detail: text.optional(),
  hint: text.optional(),
  decisions: z.array(text).optional(),
});

/** A page of a list; items are parsed by whoever shows them. */
export const Page = z.object({ items: z.array(z.unknown()), next: maybe });

const RefSpec = z.object({
  branch: text.optional(),
  tag: text.optional(),
  semver: text.optional(),
  name: text.optional(),
  commit: text.optional(),
});

export const Target = z.object({
  target: TargetRef,
  url: text,
  ref: RefSpec,
  suspended: z.boolean(),
  artifactRevision: maybe,
  artifactOrigin: text.optional(),
  consumers: z.array(z.object({ object: TargetRef })),
  namespaces: z.array(text),
  latest: Reconcile.nullable(),
});
export type Target = z.infer<typeof Target>;

export const Policy = z.object({ name: text, mode: text, enforcement: text, hash: text, place: text });

export const SeenActor = z.object({
  source: maybe,
  issuer: maybe,
  account: maybe,
  name: text,
  kind: text,
  roles: z.array(text),
  person: maybe,
  unresolved: maybe,
  changes: z.number(),
  lastSeenAt: moment,
});

export const Status = z.object({
  version: text,
  uptimeSeconds: z.number(),
  clusters: z.array(
    z.object({
      cluster: text,
      state: text,
      message: maybe,
      kinds: z.array(z.object({ kind: text, state: text, objects: z.number() })),
    }),
  ),
  sources: z.array(z.object({ name: text, type: text })),
  queue: z.object({ waiting: z.number(), active: z.number(), retrying: z.number(), oldestMs: z.number() }),
  journal: z.object({ writable: z.boolean(), deliveries: z.record(z.string(), z.number()), queued: z.number(), observing: z.number() }),
});
export type Status = z.infer<typeof Status>;

const Finding = z.object({ code: text, about: text, severity: text, message: text, without: maybe, mend: maybe });
export type Finding = z.infer<typeof Finding>;

export const Checks = z.object({ findings: z.array(Finding) });
