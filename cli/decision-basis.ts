import { limits } from '#core/limits.ts';
import type { Decision } from './schema.ts';

/** Who stands behind a decision and what counted for it, in lines; empty where it rested on nobody. Pure. */
export function decisionBasis({ facts }: Pick<Decision, 'facts'>): readonly string[] {
  const { subject, subjectIssuer, person, pusher, assertedBy, reviewed } = facts;
  const hosts = Array.isArray(assertedBy) ? assertedBy : [];
  const counted = Array.isArray(reviewed) ? reviewed : [];
  const shown = counted.slice(0, limits.cli.counted);
  return [
    ...(typeof subject === 'string'
      ? [`asked for by ${subject} (${String(subjectIssuer)})${typeof person === 'string' ? `, ${whoIs(person)}` : ''}`]
      : []),
    ...(typeof pusher === 'string' ? [`pushed by ${whoIs(pusher)}`] : []),
    ...hosts.map((host) => `who it was is the word of ${host}, verified by its token`),
    ...shown.map((one) => `counted: ${one}`),
    ...(counted.length > shown.length ? [`counted: and ${counted.length - shown.length} more`] : []),
  ];
}

/** As policy/facts.ts writes it: a name, or why there is none. */
function whoIs(person: string): string {
  const unknown = /^unresolved: (.*)$/s.exec(person)?.[1];
  return unknown === undefined ? `person ${person}` : `nobody who is known: ${unknown}`;
}
