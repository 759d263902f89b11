import { clockFinding } from '#core/clock-skew.ts';
import { finding, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import { present } from '../rest/client.ts';
import { Capabilities, Self, Version } from './answers.ts';
import type { GerritQuestion } from './question.ts';

/** Which Gerrit it is, whose credentials are used, and what that account may do everywhere. @throws HeadgateError SOURCE_… */
export async function checkServer(question: GerritQuestion): Promise<readonly Finding[]> {
  const { client, clock, about, asking } = question;
  const askedAt = clock.now();
  const { value: version, date } = present(await client.dated(Version, '/config/server/version', asking), 'its version');
  const time = clockFinding('SOURCE_CLOCK', about, { askedAt, answeredAt: clock.now(), date });
  const self = present(await client.get(Self, '/accounts/self', asking), 'our account');
  const capabilities = await client.get(Capabilities, '/accounts/self/capabilities', asking);
  const who = `${self.username ?? self.name ?? 'an account without name'} (${self._account_id})`;
  return [
    finding('SOURCE_REACHABLE', about, 'good', 'its REST API answers and takes the credentials'),
    versionFinding(about, version),
    time,
    finding('SOURCE_CREDENTIAL', about, 'good', `token of ${who}; Gerrit does not tell when it expires`),
    ...('data' in capabilities ? capabilityFindings(question, self, capabilities.data) : []),
  ];
}

/** Submit requirements came with 3.5 (gerritcodereview.com/3.5.html). */
function versionFinding(about: string, version: string): Finding {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined)
    return finding('SOURCE_VERSION', about, 'unknown', `Gerrit of the unknown version ${version}`);
  const isOld = Number(major) < 3 || (Number(major) === 3 && Number(minor) < limits.check.gerritMinor);
  return finding('SOURCE_VERSION', about, isOld ? 'warning' : 'good', `Gerrit ${version}`);
}

/** Of the account that asks by REST; the one that listens may be another, and is tried over SSH. */
function capabilityFindings({ about, source: { ssh } }: GerritQuestion, { username }: Self, has: Capabilities): readonly Finding[] {
  const listens = ssh !== undefined && ssh.user === username;
  const named = [...(has.streamEvents ? ['Stream Events'] : []), ...(has.viewAccess ? ['View Access'] : [])];
  return [
    ...(named.length === 0 ? [] : [finding('SOURCE_RIGHT', about, 'good', `capabilities: ${named.join(', ')}`)]),
    ...(listens && !has.streamEvents ? [finding('SOURCE_RIGHT', about, 'bad', 'has not the capability Stream Events', streamWords)] : []),
    ...(has.viewAccess ? [] : [finding('SOURCE_RIGHT', about, 'warning', 'has not the capability View Access', viewWords)]),
    ...(has.administrateServer ? [finding('SOURCE_RIGHT', about, 'warning', 'the account may administer Gerrit', adminWords)] : []),
  ];
}

const streamWords = {
  without: 'Gerrit refuses to be listened to (`stream events not permitted`); webhooks and the sweep still find changes.',
  mend: 'Give the account the global capability *Stream Events* in the access rules of All-Projects: docs/how-to/gerrit.md.',
} as const;
const viewWords = {
  without: 'Everything is deployed as before; `headgate get access` cannot tell what others may read and push.',
  mend: 'Give the account the global capability *View Access* in the access rules of All-Projects, if that is to be seen: docs/how-to/gerrit.md.',
} as const;
const adminWords = {
  without: 'Everything works; whoever gets hold of the token owns the Gerrit.',
  mend: 'Use an account of its own that is in Service Users alone: docs/how-to/gerrit.md, "The account".',
} as const;
