import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import type { SourceCheckQuestion } from '#core/ports/source-adapter.ts';
import type { ReadSecret } from '../credentials.ts';
import type { GithubApiAccess } from '../open-api.ts';
import type { GithubSource } from '../schema.ts';
import { checkCredential } from './credentials.ts';
import { checkRepositories } from './repositories.ts';
import { checkRights } from './rights.ts';
import { readBackFinding, secretFindings } from './secrets.ts';
import { checkWebhooks, heardFinding } from './webhooks.ts';

export interface GithubCheckOptions {
  readonly source: GithubSource;
  /** How its changes are confirmed. */
  readonly by: 'api' | 'git' | 'none';
  readonly secret: ReadSecret;
  readonly clock: Clock;
  /** Where there are credentials for the API. */
  readonly access: GithubApiAccess | undefined;
}

/**
 * What `headgate check` finds at a `type: github` source. A bounded number of requests, all of them within limits.check.source,
 * and none that writes.
 */
export function createGithubCheck(options: GithubCheckOptions): (asked: SourceCheckQuestion) => Promise<readonly Finding[]> {
  const { source, by, secret, clock } = options;
  const about = `source ${source.name}`;
  return async (asked) => [
    readBackFinding(by, about),
    ...secretFindings({ source, about, now: clock.now(), secret }),
    ...(await checkApi(options, about, asked)),
    ...(asked.lastReceivedAt === undefined ? [] : [heardFinding(about, asked.lastReceivedAt, clock.now())]),
  ];
}

/** Says why it could not go on where GitHub does not answer, or refuses. */
async function checkApi(
  { source, access, clock }: GithubCheckOptions,
  about: string,
  asked: SourceCheckQuestion,
): Promise<readonly Finding[]> {
  if (access === undefined) return [];
  const asking = { until: clock.monotonic() + limits.check.source };
  const common = { access, client: access.client, about, asking, clock, source: source.name };
  const repositories = asked.repositories.slice(0, limits.check.repositories);
  const found: Finding[] = [];
  try {
    const credential = await checkCredential({ ...common, installation: source.api?.app?.installation });
    found.push(...credential.findings);
    const looked = await checkRepositories({ ...common, repositories, left: asked.repositories.length - repositories.length });
    found.push(...looked.findings);
    const [on] = looked.seen;
    if (on) found.push(...(await checkRights({ ...common, on, credential, feedback: source.feedback !== undefined })));
    found.push(...(await checkWebhooks({ ...common, seen: looked.seen })));
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    found.push(finding('SOURCE_REACHABLE', about, 'bad', error.message));
  }
  return found;
}
