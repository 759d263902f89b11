import { Router } from 'express';
import { z } from 'zod';
import type { AuditReport } from '#core/audit-report.ts';
import type { Clock } from '#core/clock.ts';
import type { Decision } from '#core/decision.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Archive } from '#core/ports/journal.ts';
import { auditPolicies } from '#server/audit-policies.ts';
import { sendJson } from '#server/json-answer.ts';
import { filterText, momentSchema, parseQuery } from '#server/query.ts';
import type { PoliciesDeps } from '#server/routes/policies.ts';

export interface PolicyReportDeps extends PoliciesDeps {
  readonly clock: Clock;
  readonly archive: Pick<Archive, 'decisions'>;
}

/** `GET /v1/policy-report`: what `enforce` would have come to where policies are in audit mode. */
export function policyReportRoute(deps: PolicyReportDeps): Router {
  const query = z.strictObject({
    since: momentSchema(deps.clock).default(() => deps.clock.now() - limits.policyReport.since),
    policy: filterText,
  });
  return Router({ caseSensitive: true, strict: true }).get('/v1/policy-report', async function report(request, response) {
    const { since, policy } = parseQuery(request, query);
    sendJson(response, 200, await reportOf(deps, since, policy));
  });
}

/** @throws HeadgateError NOT_FOUND for a policy that is neither loaded nor had a say */
async function reportOf(deps: PolicyReportDeps, since: number, policy: string | undefined): Promise<AuditReport> {
  const untilAt = deps.clock.now();
  const { decisions, complete } = await decisionsSince(deps.archive, since);
  const loaded = deps.policies();
  const policies = auditPolicies(decisions, loaded).filter(({ policy: name }) => policy === undefined || name === policy);
  if (policy !== undefined && policies.length === 0 && !loaded.some(({ name }) => name === policy))
    throw new HeadgateError('NOT_FOUND', `no policy ${policy} is loaded, and none had a say since then`, {
      hint: 'List what there is with `headgate get policies`.',
    });
  return { sinceAt: complete ? since : (decisions.at(-1)?.at ?? since), untilAt, complete, policies };
}

interface Read {
  readonly decisions: readonly Decision[];
  readonly complete: boolean;
}

/** Newest first, page by page. */
async function decisionsSince(archive: Pick<Archive, 'decisions'>, since: number): Promise<Read> {
  const decisions: Decision[] = [];
  let cursor: string | null = null;
  do {
    const page = await archive.decisions({ since }, { limit: limits.journal.pageMax, cursor });
    decisions.push(...page.items);
    cursor = page.next;
  } while (cursor !== null && decisions.length < limits.policyReport.decisions);
  return { decisions, complete: cursor === null };
}
