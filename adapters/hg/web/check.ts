import { clockFinding } from '#core/clock-skew.ts';
import { HeadgateError } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { inTime } from '../check/in-time.ts';
import type { BackEndQuestion } from '../check/question.ts';
import type { Answer, HgwebClient } from './client.ts';
import { templateHint } from './refusals.ts';

/** What is asked of hgweb by the wire (wire.ts): `listkeys` came with `pushkey`. */
const needed: readonly string[] = ['branchmap', 'known', 'pushkey'];

/** Whether hgweb answers for each repository, what it can, and its clock. */
export async function checkHgweb(client: HgwebClient, question: BackEndQuestion): Promise<readonly Finding[]> {
  const looked = await Promise.all(question.repositories.map((repository) => look(client, question, repository)));
  const [answered] = looked.flatMap(({ finding: found, time }) => (time ? [{ found, time }] : []));
  return [...looked.map(({ finding: found }) => found), ...(answered ? [answered.time] : [])];
}

interface Looked {
  readonly finding: Finding;
  readonly time?: Finding;
}

async function look(client: HgwebClient, { about, clock }: BackEndQuestion, repository: string): Promise<Looked> {
  const askedAt = clock.now();
  try {
    const answer = await inTime(clock, repository, () => client.read(repository, { command: 'capabilities' }));
    if (answer === undefined)
      return { finding: finding('SOURCE_REPOSITORY', about, 'bad', `hgweb has no repository ${repository}`, missingWords) };
    const time = clockFinding('SOURCE_CLOCK', about, { askedAt, answeredAt: clock.now(), date: answer.headers.get('date') });
    return { finding: capabilityFinding(about, repository, answer), time };
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    const { code, message, hint } = error;
    if (code === 'SOURCE_REFUSED') return { finding: finding('SOURCE_REPOSITORY', about, 'bad', message, { mend: hint }) };
    const mend = `Look at \`url\` of the source and at the network: \`hg identify\` of ${repository} below it, from this machine.`;
    return { finding: finding('SOURCE_REACHABLE', about, 'bad', message, { mend }) };
  }
}

/** hgweb tells no version; what it can says as much. */
function capabilityFinding(about: string, repository: string, { headers, body }: Answer): Finding {
  if (headers.get('content-type')?.startsWith('application/mercurial-') !== true)
    return finding('SOURCE_REACHABLE', about, 'bad', `what answers for ${repository} is not hgweb`, { mend: templateHint });
  const said = body
    .toString('utf8')
    .trim()
    .split(/\s+/)
    .map((each) => each.split('=')[0] ?? '');
  const lacking = needed.filter((name) => !said.includes(name));
  if (lacking.length === 0)
    return finding('SOURCE_REACHABLE', about, 'good', `hgweb answers for ${repository}, and can what is asked of it; it tells no version`);
  return finding('SOURCE_VERSION', about, 'bad', `hgweb of ${repository} cannot ${lacking.join(', ')}`, versionWords);
}

const missingWords = {
  without: 'Its changes are received but cannot be confirmed; they wait as pending.',
  mend: 'Correct `repository` in `publish` (what follows `url` of the source), or let hgweb serve it; where it hides it, give the account `allow_read`.',
} as const;

const versionWords = {
  without: 'Nothing of it can be confirmed this way.',
  mend: 'Upgrade Mercurial there, or read it back by `clone` in place of `web`: docs/how-to/mercurial-clones.md.',
} as const;
