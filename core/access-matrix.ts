import type { Enforcement, Mode, Reason, Verdict } from '#core/decision.ts';
import type { ClusterHealth } from '#core/ports/clusters.ts';
import type { AccountRights } from '#core/ports/source-rights.ts';
import type { AppliedKind, TargetRef } from '#core/target.ts';

/** Who may deploy what from where to one namespace of one cluster. */
export interface NamespaceAccess {
  readonly cluster: string;
  readonly namespace: string;
  /** Of the cluster: what is said of its objects may be old unless it is `synced`. `elsewhere`: it is only written to from another one. */
  readonly clusterState: ClusterHealth['state'] | 'elsewhere';
  /** In words: nobody and why, or what all of it must come to. */
  readonly summary: string;
  /** Whether any policy is about it; nobody may where none is. */
  readonly covered: boolean;
  /** The strictest of its policies; null without any. */
  readonly mode: Mode | null;
  /** The strongest of its policies; null without any. */
  readonly enforcement: Enforcement | null;
  /** What the cluster itself is asked: `off`, or what comes of a change behind which nobody verified stands. */
  readonly secondAuthority: 'off' | 'pushers allowed' | 'pushers denied';
  /** Every policy about it, by name: all of them have to allow a change. */
  readonly policies: readonly PolicyAccess[];
  /** Source objects that something follows, or that lie there themselves, so that it is written to. */
  readonly targets: readonly TargetAccess[];
  /** What may write there besides, although it says another namespace, because no service account bounds it. */
  readonly unbounded: readonly TargetRef[];
  /** What sources themselves let accounts do with the refs that those objects follow; only of sources that can be asked. */
  readonly sourceRights: readonly SourceRightsAccess[];
}

/** The rights that one source gives, as it says now. */
export interface SourceRightsAccess {
  readonly source: string;
  readonly rights: readonly PersonRights[];
  /** Why it could not be asked; null when it was. */
  readonly unavailable: string | null;
  /** Accounts that were not asked about, because they are too many. */
  readonly left: number;
}

export interface PersonRights extends AccountRights {
  /** Whose account it is, by documents; null where none says. */
  readonly person: string | null;
}

/** What one policy lets come. */
export interface PolicyAccess {
  readonly policy: string;
  readonly mode: Mode;
  readonly enforcement: Enforcement;
  readonly place: string;
  /** A change must fit one of these. */
  readonly changes: readonly {
    readonly rule: string;
    readonly source: string;
    readonly repositories: readonly string[];
    readonly refs: readonly string[];
    readonly confirmed: boolean;
    /** Who must have pushed it, in words; null: whoever the source lets. */
    readonly pushers: string | null;
  }[];
  /** What else must hold, all of it, in words. */
  readonly needs: readonly string[];
}

/** What writes to the namespace. */
export interface ConsumerAccess {
  readonly object: TargetRef;
  readonly unbounded: boolean;
  readonly remote: boolean;
  /** The service account that it impersonates, in its own namespace; null when it names none. */
  readonly serviceAccount: string | null;
  /** What it has applied there and cluster-wide; null when it is not known. */
  readonly applies: readonly AppliedKind[] | null;
}

/** One object through which the namespace is written to. */
export interface TargetAccess {
  readonly target: TargetRef;
  readonly url: string;
  /** Where it is on a configured source; null where none has it, or it follows no one ref. */
  readonly follows: { readonly source: string; readonly repository: string; readonly ref: string } | null;
  readonly suspended: boolean;
  /** What writes there; empty when it is the source object itself that lies there and nothing follows it. */
  readonly consumers: readonly ConsumerAccess[];
  /** What comes of a push to that ref behind which nobody verified stands, now. */
  readonly push: { readonly verdict: Verdict; readonly rule: string; readonly reasons: readonly Reason[] };
}
