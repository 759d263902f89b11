import { z } from 'zod';
import { Candidate, Change, Decision, TargetRef } from './schema.ts';

const text = z.string();

const Consumer = z.object({
  object: TargetRef,
  suspended: z.boolean(),
  namespaces: z.array(text),
  unbounded: z.boolean(),
  remote: z.boolean(),
  remoteCluster: text.optional(),
});

const ExplainedTarget = z.object({
  target: TargetRef,
  moves: z.boolean(),
  skipped: z.object({ reason: text, message: text }).nullable(),
  decision: Decision.omit({ id: true, change: true }),
  source: z.object({ url: text, suspended: z.boolean(), artifactRevision: text.nullable() }),
  consumers: z.array(Consumer),
  namespaces: z.array(text),
});
export type ExplainedTarget = z.infer<typeof ExplainedTarget>;

const explained = {
  source: true,
  repository: true,
  ref: true,
  action: true,
  revision: true,
  confirmed: true,
  actors: true,
  lateFor: true,
} as const;

/** What the command line reads of the answer of `POST /v1/explain`. */
export const Explanation = z.object({
  change: Change.pick(explained).extend({ id: text.nullable() }).nullable(),
  targets: z.array(ExplainedTarget),
  candidates: z.array(Candidate),
  reason: text.nullable(),
  owed: z.array(text),
  notes: z.array(text),
});
export type Explanation = z.infer<typeof Explanation>;
