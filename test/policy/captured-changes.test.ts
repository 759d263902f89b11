import assert from 'node:assert/strict';
import { ChangeInfo } from '#adapters/gerrit/rest/change-info.ts';
import { pullOf } from '#adapters/gerrit/rest/change-review.ts';
import type { Account } from '#core/account.ts';
import type { Decision } from '#core/decision.ts';
import { ADMIN, captured, capturedMessages, DEV, said } from '../adapters/gerrit/rest/captured.ts';
import { written } from './people/samples.ts';
import { commit, evidence, push } from './range-samples.ts';
import { decideSample, mainOfApp, policies, type PolicySpec } from './samples.ts';

const people = written({
  Person: {
    admin: { accounts: [{ source: 'hub', account: ADMIN._account_id }] },
    dev: { accounts: [{ source: 'hub', account: DEV._account_id }] },
  },
});
const dev: Account = { account: String(DEV._account_id), name: 'dev', kind: 'human' };
const now = Date.parse('2026-11-22T00:00:00Z');
const reviewed: PolicySpec = { reviews: [{ distinctFrom: ['author'] }] };
const votesAlone: PolicySpec = { ...reviewed, changes: [{ ...mainOfApp, reviewed: false }] };

/** Decides one commit of dev that a change of a real Gerrit 3.14.2 brought, by what that told of it. */
async function decide(spec: PolicySpec, name: string, more: Readonly<Record<string, unknown>> = {}): Promise<Decision> {
  const pull = pullOf(ChangeInfo.parse(await captured(name, more)), { url: 'https://review.example.com', rules: null });
  const range = evidence({ commits: [commit({ hands: [dev], broughtBy: pull.number })], pulls: [pull] });
  return decideSample(policies({ payments: spec }, people), { change: push, range, votes: true, now });
}

const shown = ({ verdict, reasons }: Decision): readonly string[] => [
  verdict,
  ...(verdict === 'deny' ? reasons.map(({ code }) => code) : []),
];

describe('what a real Gerrit told of merged changes', () => {
  it('is reviewed where its requirements were satisfied and a vote was given before the submit', async () => {
    const messages = await capturedMessages();
    for (const spec of [{}, reviewed]) assert.deepEqual(shown(await decide(spec, 'change-readback', { messages })), ['allow']);
  });

  it('is not reviewed by its uploader', async () => {
    const spec = { reviews: [{ distinctFrom: ['author', 'uploader'] }] };
    const decision = await decide(spec, 'change-readback', { messages: await capturedMessages() });
    assert.deepEqual(shown(decision), ['deny', 'vote-missing']);
    assert.match(decision.reasons[0]?.message ?? '', /admin is admin, who uploaded what was submitted/);
  });

  it('is a direct push where a push closed the change', async () => {
    assert.deepEqual(shown(await decide({}, 'change-autoclosed-by-push')), ['deny', 'direct-push']);
    assert.deepEqual(shown(await decide(votesAlone, 'change-autoclosed-by-push')), ['deny', 'vote-missing']);
  });

  it('was forced where it was pushed with %submit', async () => {
    assert.deepEqual(shown(await decide({}, 'change-submit-by-push')), ['deny', 'forced-submit']);
    assert.deepEqual(shown(await decide(votesAlone, 'change-submit-by-push')), ['deny', 'vote-missing']);
  });

  it('counts no vote that came after the submit', async () => {
    const messages = [said(ADMIN, '07:52:08', 1, 'Code-Review+2'), said(DEV, '08:11:45', 1, 'Code-Review+1')];
    const revision = 'c'.repeat(40);
    // That body was asked for without its patch sets.
    const patchSets = {
      current_revision: revision,
      revisions: { [revision]: { _number: 1, kind: 'REWORK', created: '2026-11-21 07:52:08.000000000', uploader: DEV } },
    };
    const two = { reviews: [{ value: 1, required: 2, distinctFrom: [] }] };
    const decision = await decide(two, 'change-with-post-submit-vote', { messages, ...patchSets, owner: ADMIN });
    assert.deepEqual(shown(decision), ['deny', 'vote-missing']);
    assert.match(decision.reasons[0]?.message ?? '', /only that of|none counts/);
    assert.match(decision.reasons[0]?.message ?? '', /dev's Code-Review\+1 was given after the change was submitted/);
    assert.deepEqual(shown(await decide(reviewed, 'change-with-post-submit-vote', { messages, ...patchSets })), ['allow']);
  });

  it('counts a vote that a cherry-pick wrote anew, and none of which nothing tells who gave it', async () => {
    const messages = [said(ADMIN, '07:52:21', 1, 'Code-Review+2')];
    assert.deepEqual(shown(await decide(reviewed, 'change-cherrypick', { messages })), ['allow']);
    const decision = await decide(reviewed, 'change-cherrypick', { messages: [] });
    assert.deepEqual(shown(decision), ['deny', 'vote-missing']);
  });
});
