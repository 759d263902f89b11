import assert from 'node:assert/strict';
import type { Story } from '#core/ports/journal.ts';
import { changeContent, changePage } from '#web/change-page.ts';
import { documentOf } from '#web/layout.ts';
import { changeStatuses, outcomeStatus, targetStories } from '#web/target-stories.ts';
import { timelineEntries } from '#web/timeline-entries.ts';
import { change, decision, targetOf } from '../conformance/journal/material.ts';
import { now, reconcileOf, sampleStory, storedDelivery } from './sample.ts';

const shown = (story: Story): string =>
  changeContent({ story, brought: [], now })
    .toString()
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

describe('the targets of a change', () => {
  it('come with what did not deploy first', () => {
    assert.deepEqual(
      targetStories(sampleStory()).map(({ target, status }) => [target.name, status.word, status.tone]),
      [
        ['pay', 'denied', 'bad'],
        ['web', 'applied', 'good'],
      ],
    );
  });

  it('take the newest reconcile and the last decision as theirs', () => {
    const reconciles = [reconcileOf('web', { seq: 2, outcome: 'failed' }), reconcileOf('web', { seq: 1 })];
    const decisions = [decision('dec_1', 'chg_1', targetOf('web'), 'deny'), decision('dec_2', 'chg_1', targetOf('web'))];
    const [only] = targetStories({ decisions, reconciles });
    assert.deepEqual([only?.status.word, only?.decision?.id], ['failed', 'dec_2']);
  });

  const words: readonly (readonly [string | null, string | null, string])[] = [
    [null, null, 'busy under way'],
    ['applied', null, 'good applied'],
    ['timed_out', null, 'bad timed out'],
    ['skipped', 'suspended', 'warn skipped'],
    ['skipped', 'current', 'good current'],
    ['superseded', null, 'none superseded'],
    ['new-word', null, 'none new-word'],
  ];
  for (const [outcome, reason, said] of words) {
    it(`say ${said} for ${outcome} ${reason ?? ''}`, () => {
      const { tone, word } = outcomeStatus(outcome, reason);
      assert.equal(`${tone} ${word}`, said);
    });
  }

  it('are counted by outcome', () => {
    const reconciles = ['web', 'api'].map((name) => reconcileOf(name));
    assert.deepEqual(
      changeStatuses(sampleStory({ reconciles })).map(({ word, count }) => `${word} ${count}`),
      ['denied 1', 'applied 2'],
    );
  });
});

describe('who made a change', () => {
  it('comes with whose word that is, where a host asserted it', () => {
    const actor = { role: 'pusher', account: 'ada', name: 'ada', kind: 'unknown' } as const;
    const by = (actors: Story['change']['actors']) => shown(sampleStory({ change: { ...sampleStory().change, actors } }));
    assert.match(by([actor]), /Pushed by ada Source/);
    assert.match(by([{ ...actor, assertedBy: 'host/hg (corp)' }]), /Pushed by ada, on the word of host\/hg \(corp\) Source/);
  });
});

describe('a change that came to nothing', () => {
  const unmatched = { decisions: [], reconciles: [] };

  it('says that nothing follows its ref, and what follows which one instead', () => {
    const text = shown(sampleStory(unmatched));
    assert.match(text, /Why nothing deployed No object in the clusters follows refs\/heads\/main of org\/app/);
    assert.match(text, /follows refs\/heads\/next, the change is on refs\/heads\/main other-ref/);
  });

  it('says that no object has its repository, and what to do', () => {
    assert.match(shown(sampleStory({ ...unmatched, candidates: [] })), /No object of any cluster has org\/app of hub as its URL.*aliases/);
  });

  it('says which cluster it waits for', () => {
    assert.match(shown(sampleStory({ ...unmatched, change: change(1, { owed: ['prod'] }) })), /content of prod is not known yet/);
  });

  it('says that it is being handled', () => {
    assert.match(shown(sampleStory({ ...unmatched, delivery: storedDelivery(1, { state: 'pending' }) })), /It is being handled/);
  });
});

describe('the page of a change', () => {
  it('says for a denied target why, by which rule, and what would have to change', () => {
    const text = shown(sampleStory());
    assert.match(text, /denied Policy does not allow it here: ref refs\/heads\/main is none of refs\/heads\/prod/);
    assert.match(text, /What would make it pass: Bring it to a ref that changes of the policy names/);
  });

  it('asks why it did not deploy when it deployed nowhere', () => {
    const [, denied] = sampleStory().decisions;
    assert.match(shown(sampleStory({ decisions: denied ? [denied] : [], reconciles: [] })), /Why it did not deploy/);
  });

  it('tells what Flux said of a failure, of the target and of its consumers', () => {
    const object = { ...targetOf('shop'), kind: 'Kustomization' };
    const failed = { outcome: 'failed', reason: 'BuildFailed', message: 'kustomize build failed: no such file' } as const;
    const text = shown(
      sampleStory({ reconciles: [reconcileOf('web', { ...failed, consumers: [{ object, ...failed, revision: null, at: 1_200 }] })] }),
    );
    assert.match(text, /Kustomization\/ shop in apps on prod ✕ failed kustomize build failed: no such file/);
    assert.match(text, /kubectl -n apps describe kustomization shop/);
  });

  it('says how to resume what is suspended', () => {
    const reconciles = [reconcileOf('web', { outcome: 'skipped', reason: 'suspended', message: 'GitRepository is suspended' })];
    assert.match(shown(sampleStory({ reconciles })), /flux resume source git web -n apps/);
  });

  it('abbreviates commits and keeps the whole at hand', () => {
    const revision = `main@sha1:${'ab'.repeat(20)}`;
    const steps = [{ at: 1_200, name: 'artifact' as const, detail: `the source has ${revision}` }];
    const document = documentOf(
      changePage({ story: sampleStory({ reconciles: [reconcileOf('web', { steps })] }), brought: [], now }),
      null,
    );
    assert.ok(document.includes('the source has main@sha1:abababababab<'));
    assert.ok(document.includes(`title="the source has ${revision}"`));
  });

  it('lets no name or message from outside become markup', () => {
    const evil = '"><script>alert(1)</script><b x=\'';
    const target = { cluster: evil, kind: evil, namespace: evil, name: evil };
    const story = sampleStory({
      change: change(1, {
        repository: evil,
        ref: `refs/heads/${evil}`,
        actors: [{ role: 'pusher', account: null, name: evil, kind: 'human' }],
      }),
      delivery: storedDelivery(1, { event: evil, source: evil }),
      candidates: [{ target, reason: 'other-ref', message: evil }],
      decisions: [
        decision(evil, 'chg_1', target, 'deny', {
          rule: evil,
          reasons: [{ code: evil, message: evil }],
          policies: [{ name: evil, hash: evil, verdict: 'deny' }],
        }),
      ],
      reconciles: [reconcileOf('web', { message: evil, steps: [{ at: 1_100, name: 'failed', detail: evil }] })],
    });
    const document = documentOf(changePage({ story, brought: [], now }), null);
    assert.ok(document.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
    assert.equal(document.match(/<script/g)?.length, 1, 'only our own');
    assert.ok(!document.includes("<b x='"));
  });

  it('has one heading of the first level, one main, and a way past the navigation', () => {
    const document = documentOf(changePage({ story: sampleStory(), brought: [], now }), null);
    for (const tag of ['<h1', '<main', '<header', '<footer', 'class="skip"']) assert.equal(document.split(tag).length, 2, tag);
  });
});

describe('the timeline', () => {
  it('tells every step in the order of time, with the consumers before their target', () => {
    const object = { ...targetOf('shop'), kind: 'Kustomization' };
    const consumers = [{ object, outcome: 'applied', reason: null, message: null, revision: 'main@sha1:1', at: 1_300 } as const];
    const names = timelineEntries(sampleStory({ reconciles: [reconcileOf('web', { consumers })] })).map(({ name, target }) =>
      [name, target?.kind].filter(Boolean).join(' '),
    );
    assert.deepEqual(names, [
      'received',
      'not confirmed',
      'matched',
      'allowed GitRepository',
      'denied GitRepository',
      'triggered GitRepository',
      'applied Kustomization',
      'applied GitRepository',
    ]);
  });

  it('gives each entry a key of its own', () => {
    const keys = timelineEntries(sampleStory()).map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
  });

  it('says what the source answered when it was asked', () => {
    const readBack = { by: 'api', at: 1_002, head: null, standing: 'off', range: null } as const;
    const [, asked] = timelineEntries(sampleStory({ change: change(1, { readBack }) }));
    assert.deepEqual([asked?.name, asked?.at, asked?.detail], ['not confirmed', 1_002, 'hub was asked: it is not on the ref (any more)']);
    const [, confirmed] = timelineEntries(
      sampleStory({ change: change(1, { confirmed: true, readBack: { ...readBack, standing: 'head' } }) }),
    );
    assert.equal(confirmed?.detail, 'by hub itself: it is the head of the ref');
  });
});
