import assert from 'node:assert/strict';
import { renderDelivery, renderStory } from '#cli/story.ts';
import { colourStyle, plainStyle } from '#cli/style.ts';
import type { View } from '#cli/view.ts';
import type { Standing } from '#core/change.ts';
import { podinfo, sampleDelivery, sampleStory, type StoryChanges, webapp } from './sample-story.ts';

const view: View = { style: plainStyle, width: null };
const tell = (changes?: StoryChanges): string => renderStory(sampleStory(changes), view).join('\n');

describe('the story of a change', () => {
  it('tells every step with the time since the one before, and needs no advice when all went well', () => {
    assert.deepEqual(renderStory(sampleStory(), view), [
      'org/app  refs/heads/main  8e1b7aa34c21  updated by octocat',
      '  received 2026-01-31T10:04:11.120Z: push from hub (192.0.2.7), its id 72d3162e-cc78-11e3-81ab-4c9367dc0958, delivery dlv_01kag3v7y2r0d4m8q1x5z9',
      '  change chg_01kag3v7y2r0d4m8q1x5z9: from 4f2c9d1b0000 to 8e1b7aa34c21, matched 8 ms later',
      '  not confirmed by the source: this is what its signed message said',
      '',
      '✔ prod: GitRepository/webapp in apps: applied, 1.32 s after it was received',
      '      +10 ms  allow         by first changes[0] (advisory): first allows hub org/app refs/heads/main in apps',
      '       +2 ms  queued        allowed',
      '       +8 ms  triggered     annotated',
      '      +90 ms  artifact      the source has main@sha1:8e1b7aa34c2100000000000000000000000000ff',
      '     +1.21 s  applied',
      '    ✔ Kustomization/podinfo in apps: applied at main@sha1:8e1b7aa34c2100000000000000000000000000ff',
    ]);
  });

  const asked = (standing: Standing) => ({ by: 'api' as const, at: 0, head: 'c'.repeat(40), standing, range: null });
  const consumer = { object: podinfo, revision: null, at: 0 };
  const cases: readonly (readonly [string, StoryChanges, readonly RegExp[]])[] = [
    [
      'a denial, and whose rule it is',
      {
        reconcile: null,
        decision: { verdict: 'deny', rule: 'default', reasons: [{ code: 'no-policy', message: 'no policy is about apps' }] },
      },
      [/^✗ prod: GitRepository\/webapp in apps: denied$/m, /deny +by default \(advisory\): no policy is about apps/, /add a GatePolicy/],
    ],
    ['what audit mode let through', { decision: { wouldBe: 'deny' } }, [/audit only, enforced it would be: deny/]],
    [
      "a failure in Flux's own words, and where to look",
      {
        reconcile: {
          state: 'observing',
          outcome: 'failed',
          endedAt: null,
          reason: 'BuildFailed',
          consumers: [{ ...consumer, outcome: 'failed', reason: 'BuildFailed', message: 'kustomize build failed: bad yaml' }],
        },
      },
      [
        /^✗ .*: failed so far \(BuildFailed\); Flux tries again$/m,
        /^ {4}✗ Kustomization\/podinfo in apps: failed \(BuildFailed\)\n {8}kustomize build failed: bad yaml$/m,
        /kubectl -n apps describe kustomization podinfo/,
      ],
    ],
    [
      'a suspended source, and how to go on',
      { reconcile: { outcome: 'skipped', reason: 'suspended', consumers: [] } },
      [
        /^– .*skipped \(suspended\)/m,
        /flux resume source git webapp -n apps.*headgate reconcile GitRepository\/webapp -n apps --cluster prod/,
      ],
    ],
    ['a target that was there already as good', { reconcile: { outcome: 'skipped', reason: 'current' } }, [/^✔ .*skipped \(current\)/m]],
    [
      'a time-out, and how to ask again',
      {
        reconcile: {
          outcome: 'timed_out',
          reason: 'no-outcome',
          consumers: [{ ...consumer, outcome: null, reason: null, message: 'waiting' }],
        },
      },
      [/^✗ .*timed_out \(no-outcome\)/m, /► Kustomization\/podinfo in apps: not known yet/, /Ask once more: `headgate reconcile/],
    ],
    [
      'a reconcile that waits for its turn',
      { reconcile: { state: 'queued', outcome: null, endedAt: null } },
      [/^► .*waiting for its turn$/m],
    ],
    [
      'why a candidate did not match',
      {
        unmatched: true,
        candidates: [{ target: webapp, reason: 'other-ref', message: 'follows refs/heads/next, the change is on refs/heads/main' }],
      },
      [
        /same repository, not matched\n– prod: GitRepository\/webapp in apps: other-ref\n {4}follows refs\/heads\/next/,
        /Nothing follows refs\/heads\/main/,
      ],
    ],
    [
      'that no cluster has the repository, and what may be the reason',
      { unmatched: true },
      [/No object of any cluster has the repository org\/app.*add that to `aliases`/],
    ],
    [
      'that a cluster is still owed the change',
      { unmatched: true, change: { owed: ['edge'] } },
      [/cluster edge has not answered yet/, /headgate check/],
    ],
    [
      'that the source confirmed it',
      { change: { confirmed: true, readBack: asked('head') } },
      [/confirmed: hub was asked \(api\) and the ref leads to this revision/],
    ],
    [
      'that the ref has moved on',
      { change: { confirmed: true, readBack: asked('behind') } },
      [/confirmed, but not the head: .* leads to cccccccc\w* \(behind\)/],
    ],
    ['that the ref never had it', { change: { readBack: asked('off') } }, [/not confirmed: .*\(off\)/]],
    ['that a change came late', { change: { lateFor: 'chg_new' } }, [/came late: chg_new of the same ref is newer/]],
    ['that it is still being handled', { unmatched: true, delivery: { state: 'pending', settledAt: null } }, [/It is being handled/]],
  ];
  for (const [what, changes, patterns] of cases) {
    it(`tells ${what}`, () => {
      for (const pattern of patterns) assert.match(tell(changes), pattern);
    });
  }

  it('tells on whose word it is known who pushed', () => {
    const actors = [{ role: 'pusher' as const, account: 'ada', name: 'ada', kind: 'unknown' as const, assertedBy: 'host/hg (corp)' }];
    assert.match(tell({ change: { actors } }), /^org\/app .* updated by ada, on the word of host\/hg \(corp\)$/m);
    assert.match(
      tell({ decision: { facts: { pusher: 'ada-lovelace', assertedBy: ['host/hg (corp)'] } } }),
      /pushed by person ada-lovelace\n +who it was is the word of host\/hg \(corp\), verified by its token\n/,
    );
  });

  it('lets nothing from outside drive the terminal', () => {
    const text = tell({
      change: { repository: 'org/\u001b[31mapp', actors: [{ role: 'pusher', account: null, name: 'mal\u202elory\u0007', kind: 'human' }] },
      reconcile: { outcome: 'failed', consumers: [{ ...consumer, outcome: 'failed', reason: null, message: 'one\ntwo\u009b2J' }] },
    });
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
    assert.match(text, /^ {8}one two\ufffd2J$/m);
  });

  it('keeps to the width of the terminal, except for single long words', () => {
    const long = 'a message of many short words that goes on and on '.repeat(6).trim();
    const story = sampleStory({
      reconcile: { outcome: 'failed', consumers: [{ ...consumer, outcome: 'failed', reason: 'Failed', message: long }] },
    });
    const lines = renderStory(story, { style: plainStyle, width: 60 });
    const tooLong = lines.filter((line) => line.length > 60 && !/[^ ]{36}/.test(line) && !line.startsWith('✗') && !line.startsWith('org'));
    assert.deepEqual(tooLong, []);
  });

  it('uses colour only when the style does', () => {
    assert.ok(!tell().includes('\u001b'));
    assert.ok(renderStory(sampleStory(), { style: colourStyle, width: null }).join('\n').includes('\u001b[32m✔'));
  });
});

describe('the story of a delivery that no change came of', () => {
  const cases: readonly (readonly [string, Parameters<typeof sampleDelivery>[0], readonly RegExp[]])[] = [
    [
      'ignored',
      { state: 'ignored', event: 'star', hint: null, reason: 'a star deploys nothing' },
      [/^– ignored after 12 ms\n {2}a star deploys nothing$/m],
    ],
    ['dead', { state: 'dead', reason: 'failed 8 times', attempts: 8 }, [/^✗ dead after 12 ms, failed attempts: 8$/m, /log of the server/]],
    [
      'done, where another change tells the same',
      { state: 'done', reason: 'chg_1 tells of it: refs/heads/main at 1234' },
      [/^– done after 12 ms\n {2}chg_1 tells of it/m, /trace` of the change that it names/],
    ],
    ['pending', { state: 'pending', settledAt: null }, [/^► pending$/m, /ask again in a moment/]],
  ];
  for (const [state, changes, patterns] of cases) {
    it(`tells that it is ${state}, and why`, () => {
      const text = renderDelivery(sampleDelivery(changes), view).join('\n');
      for (const pattern of patterns) assert.match(text, pattern);
    });
  }
});
