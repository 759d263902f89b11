import { ANONYMOUS_USERS, PROJECT_OWNERS, REGISTERED_USERS } from '#sandbox/gerrit/account.ts';
import type { ProjectGit } from '#sandbox/gerrit/git/project-git.ts';
import type { BareRepository } from '#sandbox/git/bare-repository.ts';

export const submitTypes = ['FAST_FORWARD_ONLY', 'MERGE_IF_NECESSARY', 'MERGE_ALWAYS', 'CHERRY_PICK', 'REBASE_IF_NECESSARY'] as const;
export type SubmitType = (typeof submitTypes)[number];

export interface AccessRule {
  readonly action?: 'ALLOW' | 'BLOCK';
  readonly force?: boolean;
  readonly min?: number;
  readonly max?: number;
}

export interface Permission {
  readonly exclusive?: boolean;
  /** UUID of the group → its rule. */
  readonly rules: Readonly<Record<string, AccessRule>>;
}

/** Ref pattern, or `GLOBAL_CAPABILITIES` → permission → rules: the shape of Gerrit's own `local`. */
export type AccessSections = Readonly<Record<string, { readonly permissions: Readonly<Record<string, Permission>> }>>;

export interface LabelDefinition {
  readonly name: string;
  /** `+2` → what it says, in Gerrit's spelling (` 0`). */
  readonly values: Readonly<Record<string, string>>;
}

/** A change can be submitted when a vote of the label is its maximum and none its minimum. */
export interface Requirement {
  readonly name: string;
  readonly description: string;
  /** Label that has to be at its maximum; null: it holds always (` -has:unresolved`). */
  readonly label: string | null;
}

export interface NewProject {
  readonly name: string;
  readonly description?: string;
  /** Default branch; default `main`. */
  readonly branch?: string;
  /** Default `MERGE_IF_NECESSARY`. */
  readonly submitType?: SubmitType;
  /** Files of the first commit; default none: an empty commit. */
  readonly files?: Readonly<Record<string, string>>;
  readonly access?: AccessSections;
  /** Beside `Code-Review`. */
  readonly labels?: readonly LabelDefinition[];
  /** Instead of the requirement of Code-Review. */
  readonly requirements?: readonly Requirement[];
}

export interface GerritProject {
  readonly name: string;
  readonly description: string | undefined;
  readonly bare: BareRepository;
  readonly git: ProjectGit;
  branch: string;
  /** Tip of `refs/meta/config`. */
  config: string;
  submitType: SubmitType;
  access: AccessSections;
  labels: readonly LabelDefinition[];
  requirements: readonly Requirement[];
}

export const codeReview: LabelDefinition = {
  name: 'Code-Review',
  values: {
    '-2': 'This shall not be submitted',
    '-1': 'I would prefer this is not submitted as is',
    ' 0': 'No score',
    '+1': 'Looks good to me, but someone else must approve',
    '+2': 'Looks good to me, approved',
  },
};

export const codeReviewRequired: Requirement = {
  name: 'Code-Review',
  description: 'Changes must have at least one MAX Code-Review vote and no MIN to be submittable.',
  label: 'Code-Review',
};

export const noUnresolvedComments: Requirement = {
  name: 'No-Unresolved-Comments',
  description: 'Changes that have unresolved comments are not submittable.',
  label: null,
};

export const ALL_PROJECTS = 'All-Projects';

/** What a new site grants, with a direct push for administrators. @param administrators UUID */
export function initialAccess(administrators: string, serviceUsers: string): AccessSections {
  const to = (rule: AccessRule, ...groups: readonly string[]): Permission => ({
    rules: Object.fromEntries(groups.map((group) => [group, rule])),
  });
  const all = { action: 'ALLOW' } as const;
  return {
    GLOBAL_CAPABILITIES: {
      permissions: {
        administrateServer: to(all, administrators),
        streamEvents: to(all, serviceUsers),
        viewAccess: to(all, serviceUsers),
      },
    },
    'refs/*': { permissions: { read: to(all, ANONYMOUS_USERS) } },
    'refs/for/*': {
      permissions: { addPatchSet: to(all, REGISTERED_USERS), push: to(all, REGISTERED_USERS), submit: to(all, administrators) },
    },
    'refs/heads/*': {
      permissions: {
        read: to(all, ANONYMOUS_USERS),
        create: to(all, administrators, PROJECT_OWNERS),
        push: to({ action: 'ALLOW', force: true }, administrators),
        submit: to(all, administrators, PROJECT_OWNERS),
        revert: to(all, REGISTERED_USERS),
        'label-Code-Review': {
          rules: {
            [administrators]: { action: 'ALLOW', min: -2, max: 2 },
            [PROJECT_OWNERS]: { action: 'ALLOW', min: -2, max: 2 },
            [REGISTERED_USERS]: { action: 'ALLOW', min: -1, max: 1 },
          },
        },
      },
    },
    'refs/meta/config': { permissions: { read: { exclusive: true, ...to(all, administrators, PROJECT_OWNERS) } } },
    'refs/meta/version': { permissions: { read: { exclusive: true, ...to(all, ANONYMOUS_USERS) } } },
    'refs/tags/*': { permissions: { create: to(all, administrators, PROJECT_OWNERS) } },
  };
}
