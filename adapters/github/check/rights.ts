import { z } from 'zod';
import { finding, type Finding } from '#core/finding.ts';
import type { Asking, GithubClient, Parameters } from '../client.ts';
import { ask, placeOf } from './ask.ts';
import type { Credential } from './credentials.ts';
import type { Seen } from './repositories.ts';

export interface RightsQuestion {
  readonly client: Pick<GithubClient, 'send'>;
  readonly about: string;
  readonly asking: Asking;
  /** Where the rights are tried. */
  readonly on: Seen;
  readonly credential: Credential;
  /** Whether commit statuses are to be written. */
  readonly feedback: boolean;
}

interface Right {
  /** As GitHub calls it in the settings of tokens and Apps. */
  readonly name: string;
  readonly severity: 'warning' | 'bad';
  readonly without: string;
  readonly route: string;
  readonly parameters: (on: Seen) => Parameters;
}

const rights: readonly Right[] = [
  {
    name: 'Contents: read',
    severity: 'bad',
    without: 'Nothing can be confirmed: deliveries wait as pending, and missed webhooks are not found.',
    route: 'GET /repos/{owner}/{repo}/git/ref/{ref}',
    parameters: ({ default_branch: branch }) => ({ ref: `heads/${branch}` }),
  },
  {
    name: 'Pull requests: read',
    severity: 'warning',
    without: 'Changes are confirmed without their pull requests and reviews: a policy that asks for them denies.',
    route: 'GET /repos/{owner}/{repo}/pulls',
    parameters: () => ({ per_page: 1, state: 'all' }),
  },
  {
    name: 'Checks: read',
    severity: 'warning',
    without: 'Changes are confirmed without their checks: a policy that asks for them denies.',
    route: 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
    parameters: ({ default_branch: branch }) => ({ ref: branch, per_page: 1 }),
  },
];

/**
 * Tries each right on one repository: what a token may do cannot be asked otherwise where it is a fine-grained one. Nothing is written,
 * so that writing statuses is known from scopes and permissions alone. @throws HeadgateError SOURCE_…
 */
export async function checkRights(question: RightsQuestion): Promise<readonly Finding[]> {
  const { about, on, feedback } = question;
  const tried = await Promise.all(rights.map(async (right) => ({ right, refused: await isRefused(question, right) })));
  const granted = tried.filter(({ refused }) => refused === undefined).map(({ right }) => right.name);
  return [
    ...(granted.length === 0 ? [] : [finding('SOURCE_RIGHT', about, 'good', `rights, tried on ${on.name}: ${granted.join(', ')}`)]),
    ...tried.flatMap(({ right, refused }) => (refused === undefined ? [] : [missing(about, right, on, refused)])),
    ...(feedback ? [statusFinding(question)] : []),
  ];
}

/** What GitHub says; 404, 409 and 422 are said of an empty repository, which is none of ours to mend. */
async function isRefused({ client, asking, on }: RightsQuestion, { route, parameters }: Right): Promise<string | undefined> {
  const place = placeOf(on.full_name);
  if (place === undefined) return undefined;
  const asked = await ask(client, z.unknown(), route, { ...place, ...parameters(on) }, asking);
  return 'refused' in asked && [401, 403].includes(asked.refused.status) ? asked.refused.message : undefined;
}

function missing(about: string, { name, severity, without }: Right, on: Seen, said: string): Finding {
  const mend = `Give the token or App *${name}* on ${on.name}: docs/how-to/read-back.md.`;
  return finding('SOURCE_RIGHT', about, severity, `may not: ${name} (${said})`, { without, mend });
}

function statusFinding({ about, credential: { scopes, permissions } }: RightsQuestion): Finding {
  const name = 'Commit statuses: write';
  const without = 'Everything is deployed as before; commits on GitHub show no status of it.';
  const mend = `Give the token or App *Commit statuses: read and write* (classic: the scope \`repo:status\`): docs/how-to/github-status.md.`;
  if (scopes === undefined && permissions === undefined)
    return finding('SOURCE_RIGHT', about, 'unknown', `whether it may: ${name}, is not told of fine-grained tokens`, { without, mend });
  const may = permissions?.['statuses'] === 'write' || (scopes ?? []).some((scope) => scope === 'repo' || scope === 'repo:status');
  return finding('SOURCE_RIGHT', about, may ? 'good' : 'warning', may ? `may: ${name}` : `may not: ${name}`, { without, mend });
}
