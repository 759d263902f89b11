import { createHmac } from 'node:crypto';

/** The account that commits in GitHub's name, and the address by which it does. */
export const WEB_FLOW = 'web-flow';
export const WEB_FLOW_EMAIL = 'noreply@github.com';

/** Of this simulated GitHub alone: whoever has it signs in its name. */
const KEY = 'the key of the simulated GitHub';

/**
 * What GitHub puts below what it commits itself (docs.github.com "About commit signature verification"). In the place of OpenPGP stands a
 * keyed hash: it looks alike, and nobody else makes it.
 * @param payload the commit object without its signature
 */
export function webFlowSignature(payload: string): string {
  const made = createHmac('sha256', KEY).update(payload).digest('base64');
  return `-----BEGIN PGP SIGNATURE-----\n\n${made}\n-----END PGP SIGNATURE-----`;
}

/** A commit object with GitHub's signature in it: a header line that goes on, indented by one space (git's `gpgsig`). */
export function signedByWebFlow(payload: string): string {
  const end = payload.indexOf('\n\n');
  const header = webFlowSignature(payload).replaceAll('\n', '\n ');
  return `${payload.slice(0, end)}\ngpgsig ${header}${payload.slice(end)}`;
}
