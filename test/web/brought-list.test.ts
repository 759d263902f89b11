import assert from 'node:assert/strict';
import type { Brought } from '#core/brought.ts';
import { changeContent } from '#web/change-page.ts';
import { targetOf } from '../conformance/journal/material.ts';
import { brief, samplePull, submitted } from '../adapters/gerrit/stories.ts';
import { sampleStory } from './sample.ts';

const day = Date.UTC(2026, 10, 21, 12);
const SUBMITTED = Date.UTC(2026, 10, 21, 7, 51, 50);
const plain = (content: { toString(): string }): string =>
  content
    .toString()
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

describe('the changes of a review system on the page of a change', () => {
  const alice = { account: '1', name: 'alice', kind: 'human' } as const;
  const vote = { label: 'Code-Review', value: 2, range: null, by: alice, at: 1, postSubmit: false, automatic: false, onBehalf: false };
  const review = {
    submitter: alice,
    votes: [{ ...vote, onSubmitted: true }],
    requirements: [{ name: 'Code-Review', status: 'satisfied' as const }],
    reverts: 42,
  };
  const pull = samplePull(57, review);
  const change = submitted([]);
  const range = { base: 'a', commits: 1, files: 1, firstFiles: [], pulls: [pull], checks: [], lacked: [] };
  const readBack = { by: 'api' as const, at: 1, head: 'b', standing: 'head' as const, range };
  const story = sampleStory({ change: { ...change, readBack } });
  const web = targetOf('web');
  const pairing = { number: 42, change: 'chg_0', ran: [{ target: web, deployedAt: SUBMITTED - 7_200_000, revertedAt: SUBMITTED + 8_000 }] };
  const brought: Brought = {
    number: 57,
    submittedAt: SUBMITTED,
    deployments: [{ target: web, at: SUBMITTED + 8_000, change: 'chg_1' }],
    reverts: pairing,
    revertedBy: [],
  };

  it('have their number with a link, votes, requirements, and how long they took to run', () => {
    const content = changeContent({ story, brought: [brought], now: day });
    assert.match(content.toString(), /<a href="https:\/\/review\.example\.com\/c\/demo\/app\/\+\/57">Change 57<\/a>/);
    const text = plain(content);
    assert.match(text, /Submitted 07:51:50\.000 by alice/);
    assert.match(text, /Votes Code-Review\+2 by alice/);
    assert.match(text, /Requirements Code-Review satisfied/);
    assert.match(text, /GitRepository\/ web in apps on prod runs it since 07:51:58\.000 , 8\.00 s after the submit/);
  });

  it('are paired with what they revert, and with what reverts them', () => {
    const reverting = plain(changeContent({ story, brought: [brought], now: day }));
    assert.match(
      reverting,
      /It reverts change 42 , which was deployed to GitRepository\/ web in apps on prod at 05:51:50\.000 and ran for 2h00m/,
    );
    const running = { ...pairing, ran: pairing.ran.map((one) => ({ ...one, revertedAt: null })) };
    const reverted = plain(changeContent({ story, brought: [{ ...brought, reverts: null, revertedBy: [running] }], now: day }));
    assert.match(reverted, /change 42 reverts it: it was deployed to .* and still runs there/);
    const nowhere = plain(changeContent({ story, brought: [{ ...brought, reverts: { ...pairing, ran: [] } }], now: day }));
    assert.match(nowhere, /which is not known to have run anywhere without it/);
  });

  it('are linked to the web alone, and their titles are text', () => {
    const hostile = { ...pull, title: '<script>', review: { ...(pull.review ?? assert.fail()), url: 'javascript:alert(1)' } };
    const told = { ...readBack, range: { ...range, pulls: [hostile] } };
    const content = changeContent({ story: sampleStory({ change: { ...change, readBack: told } }), brought: [], now: day }).toString();
    assert.doesNotMatch(content, /javascript:|<script>/);
  });

  it('are not there for changes that came otherwise', () => {
    assert.doesNotMatch(changeContent({ story: sampleStory(), brought: [], now: day }).toString(), /came with it/);
  });

  it('are counted and named by their numbers where there are too many to show', () => {
    const shown = (range: object): string => {
      const more = { ...readBack, range: { ...readBack.range, ...range } };
      return plain(changeContent({ story: sampleStory({ change: { ...change, readBack: more } }), brought: [], now: day }));
    };
    assert.match(shown({ morePulls: [brief(5), brief(4)] }), /and 2 more: 5, 4(?!;)/);
    assert.match(shown({ morePulls: [brief(5)], lacked: ['pulls'] }), /and 1 more: 5; there may be more, past what is looked at/);
    assert.match(shown({ lacked: ['pulls'] }), /there may be more, past what is looked at/);
    assert.doesNotMatch(shown({}), /more/);
  });
});
