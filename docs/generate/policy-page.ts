import { inputSchema, type JsonSchema } from '#config/schema-keys.ts';
import { gatePolicySchema } from '#policy/documents.ts';
import { evidenceFields } from '#policy/evidence.ts';
import { limits } from '#core/limits.ts';
import { reasonCodes } from '#policy/reason-codes.ts';
import { fieldTable } from './field-rows.ts';
import { block, page, table } from './markdown.ts';

/** What a GatePolicy document looks like as written. */
export function policyJsonSchema(): JsonSchema {
  return { title: 'Headgate GatePolicy', ...inputSchema(gatePolicySchema) };
}

export function policyPage(): string {
  return page('GatePolicy', [
    'Says which changes may come to which namespaces. Documents of kind `GatePolicy` lie in the `*.yaml` and `*.yml` files of the directory `spec.policies.path` of the Config, here or in a repository, ' +
      'one or several to a file. The same in JSON Schema, for editors: [policy.schema.json](policy.schema.json).',
    '## Example',
    block('yaml', policyExample),
    '## Fields',
    fieldTable(policyJsonSchema()),
    'Keys that this version does not know are refused, also those of later versions: a policy is never loaded without a part of it.',
    '## How a decision is made',
    decisionRules,
    '## Subjects',
    subjectRules,
    '## Pushers',
    pusherRules,
    '## Expressions',
    expressionRules,
    table(['Name', 'What it is'], nameRows),
    expressionBounds,
    '## Patterns',
    'Patterns are compared with the whole name. Ambiguous ones (`{a,b}`, a leading `!`) are refused. Names of repositories are compared without regard to case where the source does so, everything else exactly.',
    table(['Pattern', 'Matches'], patternRows),
    '## Reasons',
    'Every decision has reasons with these codes; `headgate trace` and the API show them with the values that were compared.',
    table(
      ['Code', 'Meaning'],
      Object.entries(reasonCodes).map(([code, meaning]) => [`\`${code}\``, meaning]),
    ),
    '## What a decision did not know',
    'Each decision lists the facts that were not available.',
    table(['Fact', 'Meaning'], lackedRows),
    '## Loading',
    'A directory is looked at every two seconds. What does not load leaves the last good policies in force, with a warning in the log and `headgate_config_reload_success{what="policies"}` at 0. ' +
      'After 24 hours in that state nothing is allowed any more (reason `policies-unavailable`). `headgate_policies_info` shows the hash of the set in force, which stands in every decision too (`policySet`); when it changes, the objects concerned get an Event `HeadgatePoliciesChanged` that names the policies.',
    'Policies of a repository are replaced by a revision that they allow: see [policies from a repository](../how-to/policies-from-a-repository.md).',
  ]);
}

export const policyExample = `
apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: payments }
spec:
  mode: enforce
  targets:
    - { clusters: [prod], namespaces: [payments, "payments-*"] }
  changes:
    - { source: hub, repositories: [org/payments], refs: [refs/heads/main], confirmed: false }
    - { source: hub, repositories: ["org/payments-*"], refs: ["refs/heads/release/**", "refs/tags/v[0-9]*"], confirmed: false }
`.trimStart();

const decisionRules = [
  'What no policy allows is denied. For a change and a target:',
  '',
  '1. The namespaces that move are those where the consumers of the target write, not where the Flux object lies.',
  '2. Every one of them must be selected by the `targets` of at least one policy; one that is not is denied with `no-policy`.',
  '3. Every policy that selects any of them must allow the change: one entry of its `changes` must fit it in all fields. One denial wins.',
  '4. Then one of its `subjects`, where it has any, must fit whoever stands behind the change, and all of its `validations` must be true.',
  '5. Then all that it asks of what came since the last allowed revision must hold: every entry of `reviews`, of `checks`, and `signed`. All that does not is said at once. ' +
    'A fact that is missing denies. See [how reviews are counted](../explanation/reviews.md).',
  '6. `confirmed: true`, the default, asks for a change that the source itself has confirmed. What is known from a signed webhook alone is unconfirmed.',
  '7. Where the source has submit requirements (Gerrit), every commit since the last allowed revision must have come by a change that satisfied them, unless the rule says `reviewed: false`. ' +
    'See [changes of Gerrit](../explanation/reviews.md#changes-of-gerrit).',
  '8. Audit mode counts only if every policy concerned is in it and no namespace lacks one. Then the verdict is `allow`, and `wouldBe` says what enforcing would have decided.',
  '',
  'A request for a reconcile (`headgate reconcile`, `POST /v1/reconciles`) is decided like any other change.',
].join('\n');

const subjectRules = [
  'A subject is whoever holds a token that an issuer of the Config signed. A policy with `subjects` denies every change that no subject stands behind (`no-subject`), ' +
    'and every one whose subject fits none of the entries. **A webhook has no subject, and neither has a sweep: such a policy denies every push.** ' +
    'It is for namespaces that are deployed by requests with a token alone. Where no issuer is configured nobody has one, and the policy denies everything.',
  '',
  'An entry fits when the issuer is the named one, every claim of `match` has one of the values written there, and every validation is true. ' +
    'Values are compared exactly and as a whole, numbers never with text; `*` is refused. At least one claim must say who it is: an entry that matches ' +
    'nothing but `aud`, `ref`, `environment` and the like is refused, because anybody at the issuer may have such a token.',
  '',
  '`people` and `groups` name [persons](people.md): the subject must be one of `people`, or in one of `groups`. Whoever is in no document is nobody, ' +
    'and so is whoever has left.',
  '',
  'What a decision saw of the subject is among its facts as `subject` (its `sub`) and `subjectIssuer`, and as `person` who that is.',
].join('\n');

const pusherRules = [
  'A rule of `changes` with `pushers` fits only what one of `people`, or somebody in one of `groups`, has pushed ([who is who](people.md)). ' +
    'Who pushed is what the source says, by the id of the account: on GitHub the sender of the webhook, where it is the pusher too. ' +
    'What nobody is known to have pushed is denied (`no-pusher`): what a sweep found, because its webhook never came. What was asked for by a request counts as pushed by whoever brought that revision, as far as a confirmed push of it was heard of. ' +
    'So is what was pushed by an account that belongs to nobody known (`unresolved-pusher`).',
  '',
  'Where the source has submit requirements (Gerrit), whoever submitted a change pushed it: every change since the last allowed revision must have been submitted by somebody whom the rule names, ' +
    'whether an event or a sweep told of it. A group of Gerrit is named by its UUID: `review:UUID`, or by a [Group](people.md) document.',
].join('\n');

const expressionRules =
  'Expressions are [CEL](https://cel.dev), as in admission policies of Kubernetes and in Flux. Each is evaluated when a change fits a rule of `changes`; ' +
  'whatever is not `true` denies: `false` (`validation-failed`), and an error, a missing claim or a value of another type (`validation-error`). ' +
  'Variables may use earlier variables, and are evaluated when they are read.';

const fieldsOf = (name: keyof typeof evidenceFields): string => evidenceFields[name].map((field) => `\`${field}\``).join(', ');

const nameRows: readonly (readonly string[])[] = [
  [
    '`change`',
    `${fieldsOf('change')}; \`signedBy\` are the keys that signed the revision and the persons who list them, \`tag\` of a tag its \`name\` and \`signedBy\`, ` +
      'else `null`: the source is asked for them only where an expression names them',
  ],
  [
    '`change.review`',
    `where changes have votes (Gerrit): ${fieldsOf('review')}. Each is what holds of **every** change since the last allowed revision: \`labels\` the lowest vote (\`labels["Code-Review"] == 2\`) of those ` +
      'given in person before the submit, or a veto; `approvers` the persons who gave all of them the highest Code-Review; `submitter` the person who submitted all, else null; `requirements` the status of each ' +
      '(`satisfied`, `not-applicable`, `overridden`, `forced`, `unsatisfied`, `error`); `rulesRevision` what `refs/meta/config` led to, else null. What one of them lacks has no entry. ' +
      'Without a value where a commit came by no change, or not all is known',
  ],
  ['`target`', `${fieldsOf('target')}; \`namespaces\` are all that would be written to`],
  ['`now`', 'when it is decided. Times are timestamps: `now - change.receivedAt < duration("1h")`, `now.getDayOfWeek("Europe/Berlin")`'],
  [
    '`claims`',
    'of a policy with `subjects` only: everything that the token claims; `claims["https://sts.amazonaws.com/"].org_id`. Whole numbers are `int`',
  ],
  ['`subject`', `of a policy with \`subjects\` only: ${fieldsOf('subject')}`],
  [
    '`person`',
    `of a policy with \`subjects\` only, who the subject is: ${fieldsOf('person')}. Without a value when that is not known, or they have left`,
  ],
  [
    '`actor`',
    `who pushed, by the source's word: ${fieldsOf('actor')}. \`kind\` is \`human\`, \`bot\`, \`agent\` or \`unknown\`, as documents about people know it; ` +
      '`person` is null when it is not known who it is. Without a value when nobody is known to have pushed',
  ],
  ['`variables`', 'the variables of the policy that stand before'],
];

const expressionBounds = [
  'Refused when a policy is loaded, with line and column: unknown names, functions and fields, expressions longer than ' +
    `${limits.cel.bytes} bytes, more than ${limits.cel.macroDepth} macros (\`all\`, \`exists\`, \`exists_one\`, \`map\`, \`filter\`) within each other, ` +
    'a pattern of `matches` that is computed or not anchored (`^(?:…)$`), and `matches`, `startsWith`, `endsWith` and `contains` on an issuer. ' +
    'Patterns are RE2: no text makes them slow.',
  '',
  `Denied when it is evaluated: claims of more than ${limits.cel.claimsBytes} bytes or nested more than ${limits.cel.depth} deep, ` +
    `a list or mapping of more than ${limits.cel.items} entries (groups, for example), macros that take more than ${limits.cel.turns} turns.`,
  '',
  '`headgate policy test` decides tables of cases without a server: [PolicyTest](policy-test.md), [policy cookbook](../how-to/policy-cookbook.md).',
].join('\n');

const patternRows: readonly (readonly string[])[] = [
  ['`*`', 'any characters within a segment, that is, up to the next `/`'],
  ['`**`', 'any characters; `a/**/b` also matches `a/b`'],
  ['`?`', 'one character, but not `/`'],
  ['`[a-z]`, `[!a-z]`', 'one character of a class, or one that is not in it; never `/`'],
  ['`\\*`', 'the character itself'],
];

const lackedRows: readonly (readonly string[])[] = [
  ['`confirmation`', 'The source has not confirmed the change.'],
  ['`subject`', 'No verified identity stands behind the change; what a source says about actors is a claim.'],
  ['`revision`', 'The request named no commit: the head was meant.'],
  ['`reach`', 'No service account bounds what some consumers may write (listed as `unbounded`).'],
  ['`remote-clusters`', 'Some consumers write to another cluster (listed as `remote`), and the config does not say which: that denies.'],
];
