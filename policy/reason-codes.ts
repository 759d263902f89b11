/** Codes of reasons in decisions, with their meaning for the docs. Stable: never rename one, never reuse one. */
export const reasonCodes = {
  allowed: 'A rule of the named policy fits the change.',
  'no-policy': 'No policy is about that namespace, and what no policy allows is denied.',
  'remote-unknown': 'Something that moves writes to another cluster by its `spec.kubeConfig`, and the config does not say which that is.',
  'policies-unavailable': 'The policies could not be loaded for longer than their age limit, so nothing is allowed.',
  'other-source': 'The rule is about another source.',
  'other-repository': 'The rule is about other repositories.',
  'other-ref': 'The rule is about other refs.',
  unconfirmed: 'The rule asks for a change that the source itself has confirmed.',
  'no-pusher':
    'The rule says who must have pushed, and nobody is known to have: a sweep found the change, or it was asked for and no push of it was heard of.',
  'unresolved-pusher': 'The rule says who must have pushed, and no document and no rule tells who the account that did belongs to.',
  'other-pusher': 'Somebody pushed whom the rule does not name, or who has left.',
  'no-subject': 'The policy asks for a verified subject, and none stands behind the change. Pushes have none.',
  'other-subject': 'The rule is about subjects of another issuer, or with other claims.',
  'unresolved-subject': 'The rule names people or groups, and no document and no rule tells who the subject is.',
  'subject-bounds': 'The claims of the subject are larger than a decision looks through.',
  'validation-failed': "An expression of the policy is false; the message is the policy's own.",
  'validation-error':
    'An expression of the policy has no value, or one that is neither true nor false: a claim is missing, for example. That denies.',
  'no-range': 'The policy asks for facts about all that came since the last allowed revision, and there are none; the message says why.',
  'incomplete-range': 'The source could not tell all that the policy asks about what came since the last allowed revision.',
  'other-course': 'The revision does not follow the last one that was allowed at the target: it is an older one, or the branch was forced.',
  'no-people': 'The policy asks for reviews, and there are no documents about people, so no account is known to be anybody.',
  unreviewed: 'A commit since the last allowed revision came without a review that counts; it is named, with why each review does not.',
  'changes-requested': 'Somebody who may write to the repository has asked for changes, and neither approved since nor was dismissed.',
  'direct-push':
    'A commit came to the branch of a source with submit requirements by no change that was asked for them: it was pushed past review.',
  'forced-submit': 'A change was submitted although a submit requirement was not satisfied, by a push that forces that (`%submit`).',
  'overridden-submit': 'A change was submitted although a submit requirement was not satisfied, because it was overridden.',
  'unreviewed-submit': 'A change was submitted without satisfying the submit requirements that it must have, or any at all.',
  'no-requirements': 'The rule asks for satisfied submit requirements (`reviewed: true`), and the source has none.',
  'vote-missing': 'A change was submitted without the votes that the rule asks for; it is named, with why each vote does not count.',
  'vote-against':
    'A change was submitted although somebody gave it the lowest vote on the label that the rule asks for, and that vote stands.',
  'not-distinct': 'Somebody whom reviewers must not be is not known to be any person, so nobody is proven to be somebody else.',
  'check-missing': 'The revision has no check of that name.',
  'check-not-passed': 'A check of the revision has not ended, or not with `success`.',
  unsigned: 'A commit or a tag carries no signature that could be verified.',
  'other-signer': 'A commit or a tag is signed, but by nobody whom the rule names.',
  'access-denied': "The second authority, the cluster's own authorizer, does not allow whoever asks to `reconcile` the object.",
  'access-nobody': 'The cluster has a second authority, nobody verified stands behind the change, and `access.pushers` is `deny`.',
  'access-unmapped': 'The cluster has a second authority, and no user of the cluster can be made of the subject: that denies.',
  'access-unavailable': 'The second authority could not be asked: that denies.',
  'policies-diverged': 'The revision does not descend from the one whose policies are in force: its ref was forced over.',
  'policies-invalid':
    'The documents at the revision cannot be taken into force: one of them is not valid, they are too many, or there is none.',
  doubtful:
    'It is in doubt what the ref leads to, or what of it would be published: two heads on a branch, a bookmark that shadows it, symbolic links. That denies in every mode.',
  'moves-with':
    'Something else follows the same published artifact and would move with it, and there the change is denied: nothing is published then.',
  audit: 'Every policy concerned is in audit mode, so what would have been denied is allowed.',
  more: 'There are more reasons than are kept.',
} as const satisfies Record<string, string>;

export type ReasonCode = keyof typeof reasonCodes;
