import { z } from 'zod';
import { name } from '#config/name.ts';
import { documentSchema } from '#config/yaml-documents.ts';
import { limits } from '#core/limits.ts';
import { globText } from '#policy/patterns.ts';
import { groupUuid } from './source-groups.ts';

/** Text that is compared as a whole. Names that begin with `system:` belong to Kubernetes; only its service accounts have some. */
const identifier = z
  .string()
  .min(1)
  .max(limits.people.textChars)
  .superRefine((text, context) => {
    if (text.startsWith('system:') && !text.startsWith('system:serviceaccount:'))
      context.addIssue({
        code: 'custom',
        message: `\`${text}\` is a name of Kubernetes itself`,
        params: { hint: 'nobody else may have it' },
      });
    if (/\p{Cc}/u.test(text)) context.addIssue({ code: 'custom', message: 'holds a control character', params: { hint: 'remove it' } });
  });

const source = name.describe('Name of the source in the Config.');
const issuer = name.describe('Name of the issuer in the Config.');

const account = z.strictObject({
  source,
  account: z
    .union([identifier, z.int().nonnegative()])
    .transform(String)
    .describe("The account's stable id on the source; GitHub: the number that `gh api users/NAME --jq .id` prints. Never its name."),
  name: z.string().max(limits.people.textChars).exactOptional().describe('Its name, for readers only.'),
});

const subject = z
  .strictObject({
    issuer,
    sub: identifier.exactOptional().describe('`sub` of their tokens.'),
    userName: z
      .string()
      .max(limits.people.textChars)
      .nullable()
      .exactOptional()
      .describe(
        'Where a PersonRule is about the issuer: their user name there, as the rule makes it of a token; `null` for whoever has none.',
      ),
  })
  .superRefine(({ sub, userName }, context) => {
    if (sub === undefined && userName === undefined)
      context.addIssue({ code: 'custom', message: 'says nothing of who it is', params: { hint: 'write `sub` of their tokens' } });
  });

const key = z
  .strictObject({
    openpgp: z
      .string()
      .max(limits.people.keyChars)
      .exactOptional()
      .describe('One armoured public key, as `gpg --armor --export` prints it.'),
    ssh: z
      .string()
      .max(limits.people.keyChars)
      .exactOptional()
      .describe('One line of `authorized_keys` without options: `ssh-ed25519 AAAA…`.'),
  })
  .superRefine(({ openpgp, ssh }, context) => {
    if ((openpgp === undefined) === (ssh === undefined))
      context.addIssue({ code: 'custom', message: 'must have either `openpgp` or `ssh`', params: { hint: 'one key to an entry' } });
  });

const leftAt = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], { error: 'must be a date such as 2026-06-30, or a moment in RFC 3339' })
  .transform((text) => Date.parse(text));

const list = <T extends z.ZodType>(item: T) => z.array(item).max(limits.people.entries).default([]);

const person = z.strictObject({
  kind: z
    .enum(['human', 'bot', 'agent'])
    .default('human')
    .describe('What stands behind the accounts. Only a human counts as a reviewer; an account that its source calls a bot never does.'),
  accounts: list(account).describe('Their accounts on sources.'),
  subjects: list(subject).describe('Whom tokens of issuers speak of when they speak of this person.'),
  keys: list(key).describe('Public keys that they sign commits and tags with.'),
  groups: list(name).describe('Groups that they are in, by name; a Group document may name its members as well.'),
  leftAt: leftAt
    .exactOptional()
    .describe('Since when they are gone, as a date (UTC) or moment: then they are in no group, review nothing, and are allowed nothing.'),
});

const group = z.strictObject({
  members: list(name).describe('Names of Person documents.'),
  teams: list(
    z.strictObject({
      source,
      team: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\/[a-z0-9][a-z0-9._-]{0,99}$/, 'must be `org/team` as in the address of its page')
        .describe('A team of the source: `org/team`, as in the address of its page.'),
    }),
  ).describe(
    'Teams whose members are in the group, as far as the source has been asked lately. Each may also be named as `source:org/team` in a policy.',
  ),
  sourceGroups: list(
    z.strictObject({
      source,
      uuid: z
        .string()
        .max(limits.people.textChars)
        .regex(
          new RegExp(`^${groupUuid}$`, 'u'),
          'must be the UUID of a group, as `gerrit ls-groups -v` prints it; its name can be changed',
        )
        .describe('UUID of a group of the source (Gerrit): 40 hexadecimal digits, or such as `ldap:cn=…`. Never its name.'),
    }),
  ).describe(
    'Groups of a source, whose members are in this group as far as the source shows them to Headgate. Each may also be named as `source:UUID` in a policy.',
  ),
  claims: list(
    z.strictObject({
      issuer,
      claim: identifier.describe('A claim that is a list, for example `groups`. A claim that is text puts nobody in.'),
      value: identifier.describe('An entry of that list, exactly. Where the issuer has ids of groups: the id.'),
    }),
  ).describe('Whoever has such a token is in the group, for an hour from when it was issued.'),
});

const rule = z.strictObject({
  issuer,
  claim: identifier.describe(
    'The claim that holds the user name, for example `preferred_username`. `email` counts only if the token says that it is verified.',
  ),
  claimSuffix: z
    .string()
    .max(limits.people.textChars)
    .default('')
    .describe('What follows the user name in the claim, for example `@example.com`. A claim without it is nobody.'),
  accounts: z
    .array(
      z.strictObject({
        source,
        prefix: z.string().max(limits.people.textChars).default('').describe("What precedes the user name in the account's."),
        suffix: z
          .string()
          .max(limits.people.textChars)
          .default('')
          .describe(
            "What follows the user name in the account's: `_corp` for GitHub's managed users. An account without it is not joined.",
          ),
      }),
    )
    .min(1)
    .describe('Sources whose account names the identity provider manages, so that nobody can choose or change theirs.'),
  except: list(globText).describe('User names, or patterns, that are no humans. Always left out: `service-account-*` (Keycloak).'),
});

const named = (what: string) => ({
  metadata: z.strictObject({ name: name.describe(what) }).describe('About the document.'),
});

export const personSchema = documentSchema(
  'Person',
  person.describe('Who it is.'),
  named('Names the person in policies and decisions; unique, and for ever.'),
);
export const groupSchema = documentSchema('Group', group.describe('Who is in it.'), named('Names the group in policies; unique.'));
export const personRuleSchema = documentSchema(
  'PersonRule',
  rule.describe('How accounts and tokens are joined by user names.'),
  named('Names the rule in messages; unique.'),
);

export type PersonDocument = z.output<typeof personSchema>;
export type GroupDocument = z.output<typeof groupSchema>;
export type PersonRuleDocument = z.output<typeof personRuleSchema>;
