import { limits } from '#core/limits.ts';
import { inputSchema, type JsonSchema } from '#config/schema-keys.ts';
import { formatDuration } from '#core/format-duration.ts';
import { groupSchema, personRuleSchema, personSchema } from '#policy/people/documents.ts';
import { fieldTable } from './field-rows.ts';
import { block, page } from './markdown.ts';

/** What documents about people look like as written. */
export function peopleJsonSchema(): JsonSchema {
  return { title: 'Headgate Person, Group and PersonRule', oneOf: [personSchema, groupSchema, personRuleSchema].map(inputSchema) };
}

export function peoplePage(): string {
  return page('Person, Group, PersonRule', [
    'Say who is who: which accounts on sources, subjects of tokens and signing keys are one human, and which groups they are in. ' +
      'The documents lie beside the GatePolicies, in the files of the directory `spec.policies.path` of the Config, and are loaded as one set with them. ' +
      'The same in JSON Schema, for editors: [people.schema.json](people.schema.json). Step by step: [people](../how-to/people.md).',
    '## Example',
    block('yaml', peopleExample),
    '## Person',
    fieldTable(inputSchema(personSchema)),
    '## Group',
    fieldTable(inputSchema(groupSchema)),
    'A group exists where a Group document has its name or a Person names it. Members are those of both.',
    '## PersonRule',
    fieldTable(inputSchema(personRuleSchema)),
    ruleWords,
    '## Who is found',
    foundWords,
    '## Loading',
    'Refused with line and column, and with both places where there are two: an account, a subject, a user name or a key of two persons, two ' +
      'documents of one kind and name, a member that is no Person, a key that is none or is secret, names that begin with `system:` (but for ' +
      'service accounts), unknown keys. The hash of the policy set covers these documents, so that decisions name them, and a change of them goes on record.',
  ]);
}

const peopleExample = `
apiVersion: headgate.dev/v1alpha1
kind: Person
metadata: { name: jane }
spec:
  accounts:
    - { source: hub, account: 583231, name: jane-doe }
  subjects:
    - { issuer: corp, sub: 00u1a2b3c4 }
  keys:
    - ssh: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOkWWpICkJbV9Uw8kSME9NB5rd5vTsSFtxXtHyGS/3EH jane@example.com
  groups: [ payments ]
---
apiVersion: headgate.dev/v1alpha1
kind: Person
metadata: { name: release-robot }
spec:
  kind: bot
  accounts: [ { source: hub, account: 41898282 } ]
---
apiVersion: headgate.dev/v1alpha1
kind: Group
metadata: { name: sre }
spec:
  members: [ jane ]
  claims: [ { issuer: corp, claim: groups, value: 7f1b0a52-sre } ]
`.trimStart();

const ruleWords = [
  'Without a rule the name of an account means nothing, because on most sources whoever has an account may choose and change it. A rule says that ' +
    'an identity provider manages the names on a source: then `jane_corp` on the source and a token whose claim says `jane` are one person, without a document ' +
    'for each. That person is called `issuer:jane` in decisions; a Person document that says `userName: jane` names them, and can give them groups and a day of leaving.',
  '',
  'Names are compared in lower case, and only names of ASCII letters, digits and `._@+-` count. Every human of a document must say their user ' +
    'name at the issuer (or `null`), because otherwise one human could count as two. What a rule makes of a name never overrides a document: ' +
    'an account that a document gives to one and a rule to another belongs to nobody, and neither is one that two rules give to two.',
].join('\n');

const foundWords = [
  'Whoever is not found is *unresolved*, with the reason, and unresolved is never taken for somebody else than anybody. An account is found by its id ' +
    'on the source, a subject by the name of its issuer and its `sub`, a key by its fingerprint.',
  '',
  'A person of a document is what its `kind` says, whatever the source calls the account; but what the source calls a bot never is a human, and ' +
    'what nobody says anything of is `unknown`, which is no human either.',
  '',
  `Teams are asked for every ${formatDuration(limits.people.teamRefresh)}, and what was read longer than ${formatDuration(limits.people.teamAge)} ago holds nobody. ` +
    'When a server starts it waits up to five seconds for them. Offline (`headgate explain`, `headgate policy test`) teams are not read, so nobody is in one.',
  '',
  `Groups of a token (\`claims\`) count for ${formatDuration(limits.people.claimAge)} from when it was issued. Only an entry of a list counts: a claim ` +
    'that is text puts nobody in a group, also if it holds the name.',
].join('\n');
