import { type Change, currentPatchSet, type Ident, type PatchSet } from '#sandbox/gerrit/change.ts';
import type { AccountBook, GerritAccount } from '#sandbox/gerrit/account.ts';
import type { RefMove } from '#sandbox/gerrit/git/project-git.ts';

/** An event with what decides who sees it. */
export interface GerritEvent {
  /** As `stream-events` writes it; keys in Gerrit's order. */
  readonly body: { readonly type: string; readonly eventCreatedOn: number; readonly [key: string]: unknown };
  readonly project: string;
  /** Full name; null = whoever sees the project sees the event. */
  readonly ref: string | null;
  readonly deletion: boolean;
  /** Number of the change. */
  readonly change?: number;
}

/** Makes events in the shapes of Gerrit 3.14 (`json.txt` of its documentation). */
export class EventWriter {
  readonly #accounts: AccountBook;
  readonly #now: () => number;
  readonly #url: () => string;
  readonly #instanceId: string | undefined;

  constructor(accounts: AccountBook, now: () => number, url: () => string, instanceId: string | undefined) {
    this.#accounts = accounts;
    this.#now = now;
    this.#url = url;
    this.#instanceId = instanceId;
  }

  /** @param by undefined = Gerrit itself moved it */
  refUpdated(project: string, move: RefMove, by: GerritAccount | undefined): GerritEvent {
    const body = { ...(by === undefined ? {} : { submitter: person(by) }), refUpdate: refUpdate(project, move) };
    return { body: this.#stamped(body, 'ref-updated'), project, ref: move.ref, deletion: isDeletion(move) };
  }

  batchRefUpdated(project: string, moves: readonly RefMove[], by: GerritAccount | undefined): GerritEvent {
    const refUpdates = moves.map((move) => refUpdate(project, move));
    const body = { ...(by === undefined ? {} : { submitter: person(by) }), refUpdates, projectName: project };
    return { body: this.#stamped(body, 'batch-ref-updated'), project, ref: null, deletion: false };
  }

  projectCreated(project: string, head: string): GerritEvent {
    const body = this.#stamped({ projectName: project, headName: head }, 'project-created');
    return { body, project, ref: null, deletion: false };
  }

  /** @param first what stands before the patch set, such as `{uploader}` @param withPatchSet false for `topic-changed` and its like */
  change(
    type: string,
    change: Change,
    first: Readonly<Record<string, unknown>>,
    withPatchSet = true,
    patchSet = currentPatchSet(change),
  ): GerritEvent {
    const ref = `refs/heads/${change.branch}`;
    const body = {
      ...first,
      ...(withPatchSet ? { patchSet: this.#patchSet(patchSet) } : {}),
      change: this.#change(change),
      project: change.project,
      refName: ref,
      changeKey: { id: change.changeId },
    };
    return { body: this.#stamped(body, type), project: change.project, ref, deletion: false, change: change.number };
  }

  /** Written to one stream, not published; it carries no instance. */
  droppedOutput(): { readonly type: string; readonly eventCreatedOn: number } {
    return { type: 'dropped-output', eventCreatedOn: this.#seconds() };
  }

  #stamped(body: object, type: string): GerritEvent['body'] {
    const instance = this.#instanceId === undefined ? {} : { instanceId: this.#instanceId };
    return { ...body, type, eventCreatedOn: this.#seconds(), ...instance };
  }

  #seconds(): number {
    return Math.floor(this.#now() / 1_000);
  }

  #patchSet(patchSet: PatchSet): object {
    const { number, revision, parents, ref, uploader, author, kind, message } = patchSet;
    return {
      number,
      revision,
      parents,
      ref,
      uploader: person(uploader),
      createdOn: Math.floor(patchSet.created / 1_000),
      author: this.#author(author),
      kind,
      // Gerrit counts its `/COMMIT_MSG` too: the message below six lines of header.
      sizeInsertions: patchSet.insertions + message.split('\n').length - 1 + 6,
      sizeDeletions: patchSet.deletions,
    };
  }

  /** An author without an account has no user name. */
  #author({ name, email }: Ident): object {
    const account = this.#accounts.accounts.find((each) => each.email === email);
    return account === undefined ? { name, email, username: '' } : person(account);
  }

  #change(change: Change): object {
    const { message } = currentPatchSet(change);
    return {
      project: change.project,
      branch: change.branch,
      ...(change.topic === undefined ? {} : { topic: change.topic }),
      id: change.changeId,
      number: change.number,
      subject: change.subject,
      owner: person(change.owner),
      url: `${this.#url()}/c/${change.project}/+/${change.number}`,
      commitMessage: message,
      ...(change.hashtags.length === 0 ? {} : { hashtags: change.hashtags }),
      createdOn: Math.floor(change.created / 1_000),
      status: change.status,
      ...(change.workInProgress ? { wip: true } : {}),
      ...(change.isPrivate ? { private: true } : {}),
    };
  }
}

/** `com.google.gerrit.server.data.AccountAttribute`: no number. */
export function person({ name, email, username }: GerritAccount): object {
  return { name, email, username };
}

/** The other Gson, of the webhooks plugin and events-log: names and keys are objects. */
export function wrapped(body: GerritEvent['body']): object {
  const entries = Object.entries(body).map(([key, value]): [string, unknown] => {
    const isKey = key === 'project' || (key === 'projectName' && body.type === 'batch-ref-updated'); // elsewhere it is a plain string
    if (isKey) return [key, { name: value }];
    if (key === 'changeKey' && value !== null && typeof value === 'object' && 'id' in value) return [key, { key: value.id }];
    return [key, value];
  });
  return Object.fromEntries(entries);
}

/** JSON as Gson writes it: what could end a script element is escaped. */
export function gson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&='\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function isDeletion(move: RefMove): boolean {
  return /^0+$/.test(move.after);
}

function refUpdate(project: string, { ref, before, after }: RefMove): object {
  return { oldRev: before, newRev: after, refName: ref, project };
}
