/**
 * What would make a change pass, by the code of the reason that stands in its way: one table for pages and command line. Commands
 * and keys of policies stand between backticks. Null: the code stands in nobody's way.
 */
export const remedies: Readonly<Record<string, string | null>> = {
  allowed: null,
  audit: null,
  more: null,
  'no-policy':
    'No policy is about every namespace that would be written to: add a GatePolicy, or these namespaces to `targets` of one. `headgate get policies` lists what is loaded.',
  'remote-unknown':
    'Say in `remotes` of the cluster which cluster that kubeconfig leads to; policies then have to be about its namespaces.',
  'policies-unavailable': 'Mend the policies; until they load everything is denied. `headgate check` says what is wrong with them.',
  'policies-diverged':
    'Bring the change of the policies on top of the revision that is in force, or have whoever runs Headgate name the new one as `spec.policies.revision`.',
  'policies-invalid':
    'Mend the documents in the repository: the message says which line. `headgate policy test` reads them without a server.',
  doubtful:
    'Do away with what is in doubt: the message names it (merge or close heads, rename the bookmark, publish the changeset, take the file out of what is published). No policy can allow it.',
  'moves-with':
    'Have it allowed for everything that follows the same artifact, or publish under a tag of its own what is to be decided apart. The message names who stands in the way.',
  'other-source': 'It would have to come from a source that `changes` of the policy names, or the policy would have to name this one.',
  'other-repository':
    'It would have to come from a repository that `changes` of the policy names, or the policy would have to name this one.',
  'other-ref': 'Bring it to a ref that `changes` of the policy names, by a merge for example, or have the policy name this ref.',
  unconfirmed:
    'The source has to confirm it: give the source its `api` or `git` in the config, or set `confirmed: false` in `changes` of the policy.',
  'no-pusher':
    'Somebody whom `pushers` of the policy names has to push, with a webhook that says so: of what a sweep finds, or is asked for without it, nobody knows who pushed.',
  'unresolved-pusher':
    'Write down whose account it is, in a document of kind Person beside the policies: the reason names the account. `headgate get actors --unresolved` lists all.',
  'other-pusher': 'Somebody whom `pushers` of the policy names has to push, or the policy has to name whoever did.',
  'no-subject':
    'Ask for it as somebody whom the policy names, with a token or logged in (`POST /v1/reconciles`): nobody verified stands behind a push.',
  'other-subject': 'Somebody whom `subjects` of the policy names has to ask for it, or the policy has to name whoever did.',
  'unresolved-subject':
    'Write down whose subject it is, in a document of kind Person beside the policies: `issuer` and `sub` stand in the reason.',
  'subject-bounds': 'Have the issuer put less into its tokens: only the groups that concern this application, for example.',
  'validation-failed': 'Do what the message of the policy asks for, then push or ask again.',
  'validation-error':
    'Mend the expression of the policy, or have the token carry the claim that it reads: `has(claims.name)` asks whether there is one.',
  'no-range':
    'Have the source tell what came since the last allowed revision: give it its `api`, then ask again with `headgate reconcile`. The message says what was missing.',
  'incomplete-range':
    'Ask again with `headgate reconcile` when the source can tell everything; what is too much for one range has to come in smaller steps.',
  'other-course': 'Bring a commit on top of the branch (`git revert` takes others back) instead of moving it to another one.',
  'no-people': 'Put documents of kind `Person` beside the policies: they say whose account is whose.',
  unreviewed:
    'Have each commit that is named reviewed, by a pull request into this branch, or take it back (`git revert`) by a pull request that is. ' +
    'It counts when somebody else approves exactly what is merged.',
  'changes-requested':
    'Whoever asked for changes has to approve the pull request, or have the review dismissed; then ask again with `headgate reconcile`.',
  'direct-push':
    'Take back what was pushed, and have it submitted as a change that is reviewed. Or say in a rule of the policy that it takes direct pushes: `reviewed: false`.',
  'forced-submit':
    'Revert the change that is named, and have it submitted once more when its submit requirements are satisfied. Whoever may force them in needs Submit on `refs/for/`: take that right away where nobody shall.',
  'overridden-submit':
    'Revert the change that is named, and have it submitted once more when its submit requirements are satisfied; or have a rule of the policy say `reviewed: false`, and `reviews` say whose votes are enough.',
  'unreviewed-submit':
    'Revert the change that is named, and have it submitted once more when its submit requirements are satisfied. Those that a project asks for stand in its `project.config`.',
  'no-requirements': 'Ask with `reviews` instead of `reviewed: true`: only a source with submit requirements (Gerrit) can satisfy them.',
  'vote-missing':
    'Revert the change that is named, and have it submitted once more when somebody has voted whom `reviews` of the policy names: before the submit, in person, on what is submitted. Votes that come later do not count.',
  'vote-against':
    'Whoever gave the lowest vote has to raise it. Gerrit takes that after the submit as well; then ask again with `headgate reconcile`.',
  'not-distinct':
    'List the account that is named in a document of kind `Person` (`kind: bot` for a robot), or leave its role out of `distinctFrom`.',
  'check-missing':
    'Have the check run for this revision, or name it in `checks` of the policy as the source does; then ask again with `headgate reconcile`.',
  'check-not-passed': 'Mend what the check found. While it still runs, ask again with `headgate reconcile` when it has ended.',
  unsigned:
    'Have it signed by somebody whom `signed` of the policy names: commits are made again by `git rebase --exec`, tags by `git tag -s -f`. ' +
    'Of Mercurial sign the changeset that brought the tag (`hg sign`), push that, and ask again with `headgate reconcile`.',
  'other-signer':
    'Have it signed by somebody whom `signed` of the policy names (for a tag of Mercurial: by anybody at least), with a key that their document of kind `Person` lists.',
  'access-denied':
    'Whoever asks needs a role in that cluster with the verb `reconcile` on the object: `kubectl auth can-i reconcile gitrepositories --as=…` says whether they have it.',
  'access-nobody':
    'Ask for it as somebody (`POST /v1/reconciles`): the cluster allows nothing of nobody. Or set `pushers: allow` in `access` of the cluster.',
  'access-unmapped':
    'Say in `access.subjects` of the cluster how subjects of that issuer are called there, by a claim that its tokens have.',
  'access-unavailable': 'Ask again once the cluster answers; `headgate check` says whether it does, and whether it may be asked.',
};

/** Of a decision, as much as says what would make it pass. */
interface Decided {
  readonly verdict: string;
  readonly rule: string;
  readonly reasons: readonly { readonly code: string }[];
}

/** What would make a change pass that was not allowed, most telling first; empty when it was. Never empty for a denial. */
export function whatWouldPass({ verdict, rule, reasons }: Decided): readonly string[] {
  if (verdict === 'allow') return [];
  const steps = reasons.flatMap(({ code }) => (Object.hasOwn(remedies, code) ? remedies[code] : null) ?? []);
  return steps.length > 0 ? [...new Set(steps)] : [`The policy of the rule ${rule} would have to change.`];
}
