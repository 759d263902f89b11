import assert from 'node:assert/strict';
import { openpgp, problemsOf, ssh, written } from './samples.ts';

const head = 'apiVersion: headgate.dev/v1alpha1\nkind: ';

function person(name: string, spec: string): string {
  return `${head}Person\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

function group(name: string, spec: string): string {
  return `${head}Group\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

function rule(name: string, spec: string): string {
  return `${head}PersonRule\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

const corp = rule('corp', '{ issuer: corp, claim: preferred_username, accounts: [ { source: hub } ] }');

describe('policy/people/gather-people', () => {
  const table: readonly (readonly [title: string, documents: readonly string[], expected: readonly (string | RegExp)[]])[] = [
    ['an unknown key', [person('jane', '{ acounts: [] }')], ['4:9: unknown key `acounts` (did you mean `accounts`?)']],
    [
      'an account of two persons',
      [person('jane', '{ accounts: [ { source: hub, account: 5 } ] }'), person('joe', '{ accounts: [ { source: hub, account: "5" } ] }')],
      ['9:45: account 5 of hub is taken (by p:4:45)'],
    ],
    [
      'an account twice in one document',
      [person('jane', '{ accounts: [ { source: hub, account: 5 }, { source: hub, account: 5 } ] }')],
      ['4:74: account 5 of hub is taken (by p:4:45)'],
    ],
    [
      'a subject of two persons',
      [person('jane', '{ subjects: [ { issuer: corp, sub: a } ] }'), person('joe', '{ subjects: [ { issuer: corp, sub: a } ] }')],
      ['9:42: subject a of corp is taken (by p:4:42)'],
    ],
    [
      'a key of two persons',
      [
        person('jane', `{ keys: [ { ssh: "${ssh.ed25519.text}" } ] }`),
        person('joe', `{ keys: [ { ssh: "${ssh.ed25519.text} at home" } ] }`),
      ],
      [`9:24: key ${ssh.ed25519.fingerprint} is taken (by p:4:24)`],
    ],
    ['a key that is none', [person('jane', '{ keys: [ { ssh: nothing } ] }')], [/^4:24: is no public key \(it is neither one armoured/]],
    [
      'a key of both kinds',
      [written({ Person: { jane: { keys: [{ ssh: ssh.ed25519.text, openpgp: openpgp.text }] } } })],
      [/`spec.keys\[0\]`: must have either `openpgp` or `ssh` \(one key to an entry\)/],
    ],
    ['an empty key', [person('jane', '{ keys: [ {} ] }')], [/must have either `openpgp` or `ssh`/]],
    ['two persons of one name', [person('jane', '{}'), person('jane', '{}')], ['8:19: the name `jane` is taken (by p:3:19)']],
    ['two groups of one name', [group('sre', '{}'), group('sre', '{}')], ['8:19: the name `sre` is taken (by p:3:19)']],
    [
      'a member that there is not',
      [person('jane', '{}'), group('sre', '{ members: [ jnae ] }')],
      ['9:20: there is no person `jnae` (did you mean `jane`?)'],
    ],
    [
      'a member where there is no person',
      [group('sre', '{ members: [ jane ] }')],
      ['4:20: there is no person `jane` (write a document of kind Person with that name)'],
    ],
    ['a member twice', [person('jane', '{}'), group('sre', '{ members: [ jane, jane ] }')], ['9:26: member `jane` is taken (by p:9:20)']],
    ['a name with a colon', [person('"system:admin"', '{}')], [/^3:19: `metadata.name`: cannot be `system:admin`/]],
    [
      'a subject that Kubernetes has to itself',
      [person('jane', '{ subjects: [ { issuer: kube, sub: "system:admin" } ] }')],
      [/^4:42: .*`system:admin` is a name of Kubernetes itself/],
    ],
    [
      'a group of Kubernetes in a claim',
      [group('sre', '{ claims: [ { issuer: corp, claim: groups, value: "system:masters" } ] }')],
      [/`system:masters` is a name of Kubernetes itself/],
    ],
    [
      'an account with a control character',
      [person('jane', '{ accounts: [ { source: hub, account: "5\\u0007" } ] }')],
      [/holds a control character|cannot be text/],
    ],
    ['an account that is no whole number', [person('jane', '{ accounts: [ { source: hub, account: 5.5 } ] }')], [/^4:45: /]],
    [
      'an account without a source',
      [person('jane', '{ accounts: [ { account: 5 } ] }')],
      ['4:21: `source` is missing (text is needed here)'],
    ],
    ['a subject without anything', [person('jane', '{ subjects: [ { issuer: corp } ] }')], [/says nothing of who it is/]],
    [
      'a kind that is not known',
      [person('jane', '{ kind: unknown }')],
      [/^4:15: `spec.kind` cannot be `unknown` \(one of: human, bot, agent\)/],
    ],
    ['a day that is none', [person('jane', '{ leftAt: 2026-02-30 }')], [/^4:17: .*must be a date such as 2026-06-30/]],
    ['a team without its organisation', [group('sre', '{ teams: [ { source: hub, team: sre } ] }')], [/must be `org\/team`/]],
    [
      'a user name without a rule',
      [person('jane', '{ subjects: [ { issuer: corp, userName: jane } ] }')],
      [/^4:47: no PersonRule is about issuer `corp`/],
    ],
    [
      'a user name of two persons, whatever its case',
      [
        corp,
        person('jane', '{ subjects: [ { issuer: corp, userName: jane } ] }'),
        person('joe', '{ subjects: [ { issuer: corp, userName: Jane } ] }'),
      ],
      ['14:47: user name jane of corp is taken (by p:9:47)'],
    ],
    [
      'a human without a user name where a rule makes persons of them',
      [corp, person('jane', '{ accounts: [ { source: hub, account: 5 } ] }')],
      [/^8:19: their user name at issuer `corp` is missing, of which PersonRule `corp` makes persons \(add /],
    ],
    ['two rules about one issuer', [corp, corp.replace('name: corp', 'name: more')], ['9:17: issuer `corp` is taken (by p:4:17)']],
    [
      'a rule that is about a source twice',
      [rule('corp', '{ issuer: corp, claim: a, accounts: [ { source: hub }, { source: hub } ] }')],
      ['4:72: source `hub` is taken (by p:4:55)'],
    ],
    ['a rule about no source', [rule('corp', '{ issuer: corp, claim: a, accounts: [] }')], [/needs at least one entry/]],
  ];
  for (const [title, documents, expected] of table)
    it(`refuses ${title}, saying where`, () => {
      const lines = problemsOf(documents.join('---\n'));
      assert.equal(lines.length, expected.length, lines.join('\n'));
      expected.forEach((one, index) => {
        if (typeof one === 'string') assert.equal(lines[index], one);
        else assert.match(lines[index] ?? '', one);
      });
    });

  it('takes one account id on two sources, and one subject of two issuers, for two', () => {
    const accounts = (source: string): string =>
      `{ accounts: [ { source: ${source}, account: 5 } ], subjects: [ { issuer: ${source}, sub: a } ] }`;
    assert.throws(() => problemsOf([person('jane', accounts('hub')), person('joe', accounts('review'))].join('---\n')), /were accepted/);
  });

  it('takes a human of whom the document says that they have no user name, and machines without any', () => {
    const documents = [corp, person('jane', '{ subjects: [ { issuer: corp, userName: null } ] }'), person('robot', '{ kind: bot }')];
    assert.throws(() => problemsOf(documents.join('---\n')), /were accepted/);
  });
});
