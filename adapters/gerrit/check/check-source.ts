import type { SecretRef } from '#config/secret-ref.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { formatAge } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';
import type { EventStream } from '#core/ports/event-stream.ts';
import type { SourceCheckQuestion } from '#core/ports/source-adapter.ts';
import type { GerritClient } from '../rest/client.ts';
import type { GerritSource } from '../schema.ts';
import { checkGroups } from './groups.ts';
import { checkProjects, checkRefs } from './projects.ts';
import { readBackFinding, secretFindings } from './secrets.ts';
import { checkServer } from './server.ts';
import { checkSsh } from './ssh.ts';
import { checkEventsLog, checkWebhooks } from './webhooks.ts';

export interface GerritCheckOptions {
  readonly source: GerritSource;
  /** How its changes are confirmed. */
  readonly by: 'api' | 'none';
  /** @throws HeadgateError SECRET_UNAVAILABLE */
  readonly secret: (ref: SecretRef) => Buffer;
  readonly clock: Clock;
  /** Where there are credentials for the REST API. */
  readonly client: GerritClient | undefined;
  /** The stream of this process, where there is one: while it runs its own state says what a trial would (SOURCE_STREAM), and the server tells it. */
  readonly stream?: Pick<EventStream, 'health'> | undefined;
}

/**
 * What `headgate check` finds at a `type: gerrit` source: two connections by SSH unless it is listened to, and a bounded number of requests, all of them within
 * limits.check.source, and none that writes.
 */
export function createGerritCheck(options: GerritCheckOptions): (asked: SourceCheckQuestion) => Promise<readonly Finding[]> {
  const { source, by, secret, clock, stream } = options;
  const about = `source ${source.name}`;
  return async (asked) => {
    const runs = stream !== undefined && stream.health().state !== 'stopped';
    const [overSsh, byRest] = await Promise.all([runs ? [] : checkSsh({ source, about, clock }), checkRest(options, about, asked)]);
    return [
      readBackFinding(by, about),
      ...secretFindings({ source, about, now: clock.now(), secret }),
      ...overSsh,
      ...byRest,
      ...heardFindings(asked.lastReceivedAt, about, clock.now()),
    ];
  };
}

/** Says why it could not go on where Gerrit does not answer, or refuses. */
async function checkRest(
  { source, client, clock }: GerritCheckOptions,
  about: string,
  asked: SourceCheckQuestion,
): Promise<readonly Finding[]> {
  if (client === undefined) return [];
  const question = { source, client, clock, about, asking: { until: clock.monotonic() + limits.check.source } };
  const projects = asked.repositories.slice(0, limits.check.repositories);
  const found: Finding[] = [];
  try {
    found.push(...(await checkServer(question)));
    const looked = await checkProjects({ ...question, projects, left: asked.repositories.length - projects.length });
    found.push(...looked.findings);
    if (looked.seen.length > 0) found.push(...(await checkRefs(question, { refs: asked.refs, seen: looked.seen })));
    found.push(...(await checkGroups(question, asked.groups ?? [])));
    found.push(...(await checkWebhooks(question, looked.seen)), ...(await checkEventsLog(question)));
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    found.push(failureFinding(error, about, source.url));
  }
  return found;
}

/** A token that is refused and a Gerrit that is away are mended in different places. */
function failureFinding({ code, message, hint }: HeadgateError, about: string, url: string): Finding {
  if (code === 'SOURCE_REFUSED') return finding('SOURCE_CREDENTIAL', about, 'bad', message, { mend: hint });
  const mend = `Look at \`url\` of the source and at the network: \`curl ${url.replace(/\/+$/, '')}/config/server/version\`.`;
  return finding('SOURCE_REACHABLE', about, 'bad', message, { mend });
}

function heardFindings(lastReceivedAt: number | null | undefined, about: string, now: number): readonly Finding[] {
  if (lastReceivedAt === undefined) return [];
  const mend =
    'Submit something, and look at `headgate get deliveries --source <source>`; docs/how-to/gerrit.md, "When something is wrong".';
  if (lastReceivedAt === null) return [finding('SOURCE_HEARD', about, 'warning', 'no event of it has come yet', { mend })];
  const silence = now - lastReceivedAt;
  const severity = silence > limits.check.webhookSilence ? 'warning' : 'good';
  return [finding('SOURCE_HEARD', about, severity, `its last event was journalled ${formatAge(silence)} ago`, { mend })];
}
