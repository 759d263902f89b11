import type { Decision, Reason } from '#core/decision.ts';
import type { Access } from '#core/access.ts';
import type { TargetRef } from '#core/target.ts';
import { reason } from '#policy/reason.ts';

/** Why the second authority of a target's cluster stands in the way; empty when it does not. Whatever is no clear yes denies. */
export function accessDenials(access: Access, target: TargetRef): readonly Reason[] {
  const { cluster } = target;
  if (access.answer === 'off' || ('allowed' in access && access.allowed)) return [];
  if (access.answer === 'nobody')
    return [
      reason(
        'access-nobody',
        `nobody verified stands behind this change, and cluster ${cluster} allows nothing of nobody (access.pushers)`,
      ),
    ];
  if (access.answer === 'unmapped') return [reason('access-unmapped', `cluster ${cluster} knows no such user: ${access.why}`)];
  if (access.answer === 'unavailable') return [reason('access-unavailable', `cluster ${cluster} could not be asked: ${access.why}`)];
  const what = `${target.kind} ${target.namespace}/${target.name}`;
  const why = access.reason === null ? '' : ` (${access.reason})`;
  return [reason('access-denied', `cluster ${cluster} does not allow ${access.user} to reconcile ${what}${why}`)];
}

/** What it said, in the record's words; nothing where there is none. */
export function accessFacts(access: Access): Decision['facts'] {
  if (access.answer === 'off') return {};
  if (access.answer === 'nobody') return { access: 'nobody to ask about' };
  if (access.answer === 'unmapped' || access.answer === 'unavailable') return { access: `${access.answer}: ${access.why}` };
  return { access: access.allowed ? 'allowed' : 'denied', accessUser: access.user, accessReason: access.reason };
}
