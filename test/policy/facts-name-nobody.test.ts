import assert from 'node:assert/strict';
import type { Account } from '#core/account.ts';
import { PersonReferences } from '#journal/records/person-references.ts';
import { written } from './people/samples.ts';
import { commit, DAY, evidence, HEAD, MERGED, pull, push } from './range-samples.ts';
import { decideSample, mainOfApp, policies, type PolicySpec, type Situation } from './samples.ts';
import { brought, changeReview, vote } from './vote-samples.ts';

/** Everybody is called so, by the source and by the documents, with an id of the same form. */
const marked = /who-\d|7770\d/;
const account = (one: number): Account => ({ account: `7770${one}`, name: `who-${one} name`, kind: 'human' });
const documents = written({
  Person: Object.fromEntries([1, 2, 3].map((one) => [`who-${one}`, { accounts: [{ source: 'hub', account: `7770${one}` }] }])),
});
const [author, approver, submitter, stranger] = [1, 2, 3, 9].map(account) as [Account, Account, Account, Account];
const reviewed: PolicySpec = {
  reviews: [{ distinctFrom: ['author'] }],
  changes: [mainOfApp, { ...mainOfApp, pushers: { people: ['nobody'] } }],
};

const submits = brought(
  { owner: author, uploader: author, submitter, votes: [vote({ by: approver }), vote({ by: stranger })] },
  { author, mergedBy: submitter },
);
const merges = {
  pulls: [pull({ author, mergedBy: submitter, reviews: [{ by: approver, state: 'APPROVED', commit: MERGED, at: DAY, canWrite: true }] })],
};

describe('facts of decisions', () => {
  const change = { ...push, actors: [{ role: 'pusher' as const, ...submitter, assertedBy: 'who-6 host (corp)' }] };
  const situation = {
    change,
    now: 10 * DAY,
    identities: { subject: { issuer: 'corp', iss: 'https://corp', sub: 'who-5 subject', claims: {} } },
  };
  const commits = [commit({ hands: [author] })];
  const decided: Readonly<Record<string, Situation>> = {
    'a pull request': { ...situation, range: evidence({ ...merges, commits }) },
    'a pull request whose submitter is unknown': {
      ...situation,
      range: evidence({ pulls: [pull({ author: stranger, mergedBy: null })], commits }),
    },
    'a change with votes': { ...situation, votes: true, range: evidence({ ...submits, commits }) },
    'a change with votes of strangers': {
      ...situation,
      votes: true,
      range: evidence({
        commits,
        pulls: [pull({ author: stranger, mergedBy: stranger, review: changeReview({ votes: [vote({ by: stranger })] }) })],
      }),
    },
    'a push past review': { ...situation, votes: true, range: evidence({ commits: [commit({ id: HEAD, broughtBy: null })], pulls: [] }) },
  };

  for (const [what, given] of Object.entries(decided))
    it(`of ${what} name nobody once records refer to people: a fact that names people belongs into journal/records/person-references.ts`, () => {
      for (const spec of [reviewed, {}]) {
        const { facts } = decideSample(policies({ payments: spec }, documents), given);
        assert.match(JSON.stringify(facts), marked);
        const references = new PersonReferences(new Uint8Array(32), () => undefined);
        assert.doesNotMatch(JSON.stringify(references.inFacts(facts, 1)), marked);
      }
    });
});
