/** Codes of reasons in decisions, with their meaning for the docs. Stable: never rename one, never reuse one. */
export const reasonCodes = {
  allowed: 'A rule of the named policy fits the change.',
  'no-policy': 'No policy is about that namespace, and what no policy allows is denied.',
  'policies-unavailable': 'The policies could not be loaded for longer than their age limit, so nothing is allowed.',
  'other-source': 'The rule is about another source.',
  'other-repository': 'The rule is about other repositories.',
  'other-ref': 'The rule is about other refs.',
  unconfirmed: 'The rule asks for a change that the source itself has confirmed.',
  'no-subject': 'The policy asks for a verified subject, and none stands behind the change. Pushes have none.',
  'other-subject': 'The rule is about subjects of another issuer, or with other claims.',
  'subject-bounds': 'The claims of the subject are larger than a decision looks through.',
  'validation-failed': "An expression of the policy is false; the message is the policy's own.",
  'validation-error':
    'An expression of the policy has no value, or one that is neither true nor false: a claim is missing, for example. That denies.',
  audit: 'Every policy concerned is in audit mode, so what would have been denied is allowed.',
  more: 'There are more reasons than are kept.',
} as const satisfies Record<string, string>;

export type ReasonCode = keyof typeof reasonCodes;
