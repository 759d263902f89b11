import type { Account } from '#core/account.ts';
import { accountOf } from './account-of.ts';
import type { ChangeInfo, RevisionInfo } from './change-info.ts';

/**
 * Kinds of a patch set that changes nothing of substance against the one before it, as Gerrit finds by comparing both ("Change Endpoints",
 * RevisionInfo.kind): at most another message, or the same change on another parent, without conflict.
 */
const sameContent: ReadonlySet<string> = new Set(['NO_CHANGE', 'NO_CODE_CHANGE', 'TRIVIAL_REBASE', 'TRIVIAL_REBASE_WITH_MESSAGE_UPDATE']);

/** The patch sets of a merged change. */
export class PatchSets {
  /** Oldest first. */
  readonly #all: readonly RevisionInfo[];
  readonly #change: ChangeInfo;

  constructor(change: ChangeInfo) {
    this.#change = change;
    this.#all = Object.values(change.revisions).toSorted((a, b) => a._number - b._number);
  }

  /** Whether what was submitted has the content of this patch set; false for one that is not known. */
  isSubmittedContent(number: number | undefined): boolean {
    const { current_revision: head = '' } = this.#change;
    const last = this.#change.revisions[head];
    if (number === undefined || last === undefined || !this.#all.some(({ _number }) => _number === number)) return false;
    const since = this.#all.filter(({ _number }) => _number > number && _number <= last._number);
    return since.length === last._number - number && since.every(({ kind }) => sameContent.has(kind));
  }

  /** Who uploaded what was submitted: not whoever's click on Submit made Gerrit write it anew (submit types Cherry Pick and Rebase). */
  uploader(): Account | null {
    const last = this.#all.at(-1);
    const own = last && this.#isBySubmit(last) ? this.#all.at(-2) : last;
    return own ? accountOf(own.uploader) : null;
  }

  /** Whoever brought content into any of the patch sets. */
  hands(): readonly Account[] {
    const uploads = this.#all.filter(({ kind }, index) => index === 0 || !sameContent.has(kind));
    const accounts = uploads.flatMap(({ uploader, real_uploader: real }) => [accountOf(uploader), ...(real ? [accountOf(real)] : [])]);
    return [...new Map(accounts.map((account) => [account.account, account])).values()];
  }

  /** What a submit writes is dated like the submit, bears the submitter's name and has the content of the one before. */
  #isBySubmit({ kind, created, uploader }: RevisionInfo): boolean {
    const { submitted, submitter } = this.#change;
    return this.#all.length > 1 && sameContent.has(kind) && created === submitted && uploader._account_id === submitter?._account_id;
  }
}
