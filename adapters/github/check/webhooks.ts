import { finding, type Finding } from '#core/finding.ts';
import { formatAge } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';
import type { Asking, Parameters } from '../client.ts';
import type { GithubApiAccess } from '../open-api.ts';
import { HookConfig, Hooks, type Hook } from './answers.ts';
import { ask, placeOf } from './ask.ts';
import type { Seen } from './repositories.ts';

export interface WebhookQuestion {
  readonly access: GithubApiAccess;
  /** `spec.sources[].name`: a webhook is ours when its path ends in `/hooks/<source>`. */
  readonly source: string;
  readonly about: string;
  readonly asking: Asking;
  readonly seen: readonly Seen[];
}

/** A webhook that leads here, and whose it is. */
interface Found extends Partial<Hook> {
  readonly owner: string;
  readonly config: Hook['config'];
}

/** Whether webhooks lead here for every followed repository: its own, its organisation's or the App's. @throws HeadgateError SOURCE_… */
export async function checkWebhooks(question: WebhookQuestion): Promise<readonly Finding[]> {
  const { about, source, seen } = question;
  if (seen.length === 0) return [];
  const organisations = seen.filter(({ owner }) => owner.type === 'Organization').map(({ full_name: name }) => ownerOf(name));
  const [app, ofOwners, ofRepositories] = await Promise.all([
    appHook(question),
    Promise.all([...new Set(organisations)].map((org) => hooksOf(question, org, 'GET /orgs/{org}/hooks', { org }))),
    Promise.all(seen.map(({ full_name: name }) => hooksOf(question, name, 'GET /repos/{owner}/{repo}/hooks', { ...placeOf(name) }))),
  ]);
  const listed = [...ofOwners, ...ofRepositories];
  const lists = (name: string): readonly Listed[] => listed.filter(({ owner }) => owner === name || owner === ownerOf(name));
  const uncovered =
    app.length > 0 ? [] : seen.map(({ full_name: name }) => name).filter((name) => lists(name).every(({ hooks }) => hooks.length === 0));
  const unread = uncovered.filter((name) => lists(name).some(({ isRead }) => !isRead));
  const bare = uncovered.filter((name) => !unread.includes(name));
  return [
    ...[...app, ...listed.flatMap(({ hooks }) => hooks)].flatMap((hook) => hookFindings(about, hook)),
    ...(bare.length === 0
      ? []
      : [finding('SOURCE_WEBHOOK', about, 'warning', `no webhook leads to /hooks/${source} from ${bare.join(', ')}`)]),
    ...(unread.length === 0
      ? []
      : [finding('SOURCE_WEBHOOK', about, 'unknown', `webhooks may not all be read: ${unread.join(', ')}`, unreadWords)]),
  ];
}

const unreadWords = {
  without:
    "Everything works; whether a webhook is set up is not known, and GitHub's own record of missed deliveries cannot be taken in, so that the sweep alone finds them.",
  mend: 'Give the token or App *Webhooks: read* on repositories and organisation (classic: `admin:repo_hook`, `admin:org_hook`).',
} as const;

function ownerOf(repository: string): string {
  return repository.split('/')[0] ?? '';
}

interface Listed {
  readonly owner: string;
  readonly isRead: boolean;
  readonly hooks: readonly Found[];
}

async function hooksOf({ access, source, asking }: WebhookQuestion, owner: string, route: string, parameters: Parameters): Promise<Listed> {
  const asked = await ask(access.client, Hooks, route, { ...parameters, per_page: limits.github.page }, asking);
  if ('refused' in asked) return { owner, isRead: false, hooks: [] };
  return { owner, isRead: true, hooks: asked.data.filter(({ config }) => isOurs(config.url, source)).map((hook) => ({ ...hook, owner })) };
}

async function appHook({ access, source, asking }: WebhookQuestion): Promise<readonly Found[]> {
  if (access.asApp === undefined) return [];
  const asked = await ask(access.client, HookConfig, 'GET /app/hook/config', {}, { ...asking, authorization: await access.asApp() });
  return 'data' in asked && isOurs(asked.data.url, source) ? [{ owner: 'the App', config: asked.data }] : [];
}

function isOurs(url: string | undefined, source: string): boolean {
  return url !== undefined && URL.canParse(url) && new URL(url).pathname.endsWith(`/hooks/${source}`);
}

/** All that is wrong with one webhook, or that nothing is. */
function hookFindings(about: string, hook: Found): readonly Finding[] {
  const name = `webhook of ${hook.owner}`;
  const faults = faultsOf(hook).filter(({ isSo }) => isSo);
  if (faults.length > 0) return faults.map(({ what, mend }) => finding('SOURCE_WEBHOOK', about, 'warning', `${name} ${what}`, { mend }));
  const code = hook.last_response?.code ?? null;
  const answered = code === null ? '' : `; its last delivery was answered ${code}`;
  return [finding('SOURCE_WEBHOOK', about, 'good', `${name}: active, sends pushes${answered}`)];
}

interface Fault {
  readonly isSo: boolean;
  readonly what: string;
  readonly mend: string;
}

function faultsOf({ config, active = true, events = ['push'], last_response: last }: Found): readonly Fault[] {
  const code = last?.code ?? null;
  return [
    { isSo: !active, what: 'is switched off', mend: 'Tick *Active* in its settings.' },
    {
      isSo: !events.includes('push') && !events.includes('*'),
      what: 'does not send pushes',
      mend: 'Choose the event *Pushes* in its settings.',
    },
    {
      isSo: String(config.insecure_ssl ?? '0') === '1',
      what: 'does not verify our certificate',
      mend: 'Enable SSL verification in its settings.',
    },
    {
      isSo: code !== null && (code < 200 || code >= 300),
      what: `got ${code} ${last?.message ?? ''} for its last delivery`,
      mend: 'See "Recent Deliveries" in its settings and the log of the server; 401 means another secret than ours: docs/how-to/rotate-secrets.md.',
    },
  ];
}

/** How long ago the last webhook was journalled. */
export function heardFinding(about: string, lastReceivedAt: number | null, now: number): Finding {
  if (lastReceivedAt === null) return finding('SOURCE_HEARD', about, 'warning', 'no webhook of it has come yet');
  const silence = now - lastReceivedAt;
  const message = `its last webhook was journalled ${formatAge(silence)} ago`;
  return finding('SOURCE_HEARD', about, silence > limits.check.webhookSilence ? 'warning' : 'good', message);
}
