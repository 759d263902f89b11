import { z } from 'zod';
import { TargetRef } from './schema.ts';

const count = z.int();
const moment = z.iso.datetime().transform((value) => Date.parse(value));

const AuditedReason = z.object({
  code: z.string(),
  decisions: count,
  targets: z.object({ count, first: z.array(TargetRef) }),
  refs: z.object({ count, first: z.array(z.object({ source: z.string(), repository: z.string(), ref: z.string() })) }),
  example: z.object({ change: z.string(), at: moment, message: z.string() }),
});
export type AuditedReason = z.infer<typeof AuditedReason>;

const PolicyAudit = z.object({
  policy: z.string(),
  mode: z.string().nullable(),
  observedAt: moment.nullable(),
  decisions: count,
  passed: count,
  reasons: z.array(AuditedReason),
});
export type PolicyAudit = z.infer<typeof PolicyAudit>;

/** What the command line reads of `GET /v1/policy-report`. */
export const AuditReport = z.object({ sinceAt: moment, complete: z.boolean(), policies: z.array(PolicyAudit) });
