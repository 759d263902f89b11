import { createHmac, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type { WebhookDefinition } from '@octokit/webhooks-examples';

/** Of a body: a push of a few commits. */
export const BODY_BYTES = 8_281;

export interface Push {
  readonly repository: string;
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

type PushExample = WebhookDefinition<'push'>['examples'][number];

/** Forty hex digits that name no commit. */
export function madeUpCommit(): string {
  return randomBytes(20).toString('hex');
}

/** A push that follows nothing that was pushed before. */
export function pushTo(repository: string, after = madeUpCommit(), before = madeUpCommit()): Push {
  return { repository, ref: 'refs/heads/main', before, after };
}

/** GitHub's `push` event: the largest example of @octokit/webhooks-examples, topped up with commits to exactly BODY_BYTES. */
export function pushBody(push: Push): Buffer {
  const example = largestExample();
  const moment = Math.floor(Date.now() / 1_000);
  const head = { ...sampleCommit(example), id: push.after };
  const repository = { ...example.repository, full_name: push.repository, pushed_at: moment };
  const moved = { ref: push.ref, before: push.before, after: push.after, created: false, deleted: false, forced: false };
  return fill((commits) => ({ ...example, ...moved, repository, head_commit: head, commits: [...commits, head] }), head);
}

/** Value of X-Hub-Signature-256. */
export function signature(body: Uint8Array, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** The headers that GitHub sends. */
export function pushHeaders(delivery: string, signed: string): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'application/json',
    'User-Agent': 'GitHub-Hookshot/044aadd',
    'X-GitHub-Event': 'push',
    'X-GitHub-Delivery': delivery,
    'X-GitHub-Hook-ID': '292430182',
    'X-GitHub-Hook-Installation-Target-ID': '79929171',
    'X-GitHub-Hook-Installation-Target-Type': 'repository',
    'X-Hub-Signature-256': signed,
  };
}

type Commit = NonNullable<PushExample['head_commit']>;

/** Adds commits while they fit; the last one's message fills what is left. */
function fill(event: (commits: readonly Commit[]) => object, like: Commit): Buffer {
  const commits: Commit[] = [];
  const size = (list: readonly Commit[]): number => Buffer.byteLength(JSON.stringify(event(list)));
  const commit = (message: string): Commit => ({ ...like, id: madeUpCommit(), message });
  for (;;) {
    const room = BODY_BYTES - size([...commits, commit('')]);
    if (room < 0) break;
    commits.push(commit('A change'));
  }
  const room = BODY_BYTES - size([...commits.slice(0, -1), commit('')]);
  if (room < 0 || commits.length === 0) throw new Error(`the example does not fit ${BODY_BYTES} bytes`);
  return Buffer.from(JSON.stringify(event([...commits.slice(0, -1), commit('x'.repeat(room))])));
}

function sampleCommit(example: PushExample): Commit {
  const commit = example.head_commit ?? example.commits[0];
  if (commit === undefined || commit === null) throw new Error('the example names no commit');
  return commit;
}

function largestExample(): PushExample {
  const definitions = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly WebhookDefinition[];
  const pushes = definitions.filter((each) => each.name === 'push').flatMap((each) => (each as WebhookDefinition<'push'>).examples);
  const bySize = pushes.filter((each) => (each.head_commit ?? each.commits[0]) !== undefined).toSorted((a, b) => sizeOf(a) - sizeOf(b));
  const largest = bySize.at(-1);
  if (largest === undefined) throw new Error('@octokit/webhooks-examples has no push with a commit');
  return largest;
}

function sizeOf(value: object): number {
  return JSON.stringify(value).length;
}
