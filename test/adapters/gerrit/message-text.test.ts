import assert from 'node:assert/strict';
import fc from 'fast-check';
import { messageText } from '#adapters/gerrit/feedback/message-text.ts';
import { markerOf } from '#adapters/gerrit/feedback/marker.ts';
import { cutText, plainText } from '#adapters/gerrit/feedback/plain-text.ts';
import { standingsOf, tellingsOf } from '#adapters/gerrit/feedback/standing.ts';
import type { Heir } from '#core/ports/sink.ts';
import { targetKey } from '#core/target.ts';
import { sha } from '../../handlers/samples.ts';
import { brief, sampleHeir, storyOf, submitted, targetNamed, type Fate } from './stories.ts';

const marker = 'Headgate-Message: 0123456789abcdef';
const alone = { count: 0, more: false };

/** What is said on change 21 of Gerrit, for each telling of the cluster prod. */
function textsOf(
  fates: readonly Fate[],
  page: string | null = 'https://gate.example.com/changes/chg_1',
  heirs: ReadonlyMap<string, Heir> = new Map(),
): readonly string[] {
  const change = submitted([21]);
  return tellingsOf(standingsOf(storyOf(change, fates), heirs), 'prod').map((telling) =>
    messageText({ telling, change, pull: brief(21), others: alone, pageOf: () => page, marker }),
  );
}

describe('the text of a message on a change of Gerrit', () => {
  const web = targetNamed('web');
  const api = targetNamed('api');

  it('says what was deployed where, when, how long after the submit, and by whose leave', () => {
    const facts = {
      namespaces: ['apps', 'jobs'],
      pusher: 'alice',
      reviewed: ['payments changes[0]: #2 by eve', 'payments changes[0]: #21 by bob', 'payments changes[0]: #210 by eve'],
    };
    assert.deepEqual(textsOf([{ target: web, fate: 'applied', decision: { facts, rule: 'payments changes[0]' } }]), [
      `Headgate: applied in prod

refs/heads/main at bbbbbbbbbbbb, submitted 2026-11-21T07:51:50Z.

* GitRepository/web in apps (writes to apps, jobs): applied, 2026-11-21T07:51:58Z, 8.20 s after the submit
  * allowed by payments changes[0]
  * pushed by alice
  * counted: payments changes[0]: #21 by bob

Everything about it: https://gate.example.com/changes/chg_1

${marker}`,
    ]);
  });

  it('says what it reverts', () => {
    const change = submitted([57]);
    const [telling = assert.fail()] = tellingsOf(standingsOf(storyOf(change, [{ target: web, fate: 'applied' }]), new Map()), 'prod');
    const text = messageText({ telling, change, pull: brief(57, { reverts: 42 }), others: alone, pageOf: () => null, marker });
    assert.match(text, /, submitted 2026-11-21T07:51:50Z\. It reverts change 42\.\n/);
  });

  it('says how many came with it, and that there are more than could be listed', () => {
    const change = submitted([21]);
    const [telling = assert.fail()] = tellingsOf(standingsOf(storyOf(change, [{ target: web, fate: 'applied' }]), new Map()), 'prod');
    const said = (others: { readonly count: number; readonly more: boolean }): string =>
      messageText({ telling, change, pull: brief(21), others, pageOf: () => null, marker });
    assert.match(said({ count: 1, more: false }), /at bbbbbbbbbbbb, with 1 other change, submitted/);
    assert.match(said({ count: 999, more: true }), /at bbbbbbbbbbbb, with at least 999 other changes, submitted/);
  });

  it('says why not, what would make it pass, and that Flux polls all the same', () => {
    assert.deepEqual(textsOf([{ target: web, fate: 'denied' }], null), [
      `Headgate: denied in prod

refs/heads/main at bbbbbbbbbbbb, submitted 2026-11-21T07:51:50Z.

* GitRepository/web in apps: denied, 2026-11-21T07:51:50Z
  * denied by default: no policy in force allows it
  * no policy is about namespace apps
  * What would make it pass: No policy is about every namespace that would be written to: add a GatePolicy, or these namespaces to \`targets\` of one. \`headgate get policies\` lists what is loaded.
  * Enforcement is advisory: Headgate asks Flux for nothing, but Flux polls, and pulls what the ref leads to.

${marker}`,
    ]);
  });

  it('calls nothing denied that a policy in audit mode let through', () => {
    const reasons = [
      { code: 'unreviewed', message: 'nobody approved change 21' },
      { code: 'audit', message: 'allowed because every policy concerned is in audit mode: payments' },
    ];
    const [text = ''] = textsOf([{ target: web, fate: 'applied', decision: { wouldBe: 'deny', rule: 'payments changes[0]', reasons } }]);
    assert.match(text, /^Headgate: applied in prod\n/);
    assert.match(
      text,
      /policies are in audit mode: they stood in the way of nothing\. Enforced, it would be denied by payments changes\[0\]: nobody approved change 21\n/,
    );
    assert.doesNotMatch(text, /What would make it pass|allowed by/);
  });

  it('is headed by the worst of several targets, and names each', () => {
    const failed: Fate = { target: api, fate: 'failed', reconcile: { reason: 'HealthCheckFailed', message: 'password=hunter2' } };
    const [text = ''] = textsOf([{ target: web, fate: 'applied' }, failed]);
    assert.match(text, /^Headgate: failed in prod \(1 of 2 targets\)\n/);
    assert.match(text, /\* GitRepository\/web in apps: applied, /);
    assert.match(text, /\* GitRepository\/api in apps: failed \(HealthCheckFailed\), Flux tries again\n/);
    assert.doesNotMatch(text, /hunter2/, 'what Flux says at length is not for everybody');
  });

  for (const [fate, reconcile, expected] of [
    [
      'stalled',
      { reason: 'BuildFailed' },
      /stalled \(BuildFailed\): Flux does not try again.*\n(.*\n)*.*Mend it, or revert, by another change/,
    ],
    ['timed_out', {}, /Headgate: no outcome in time from prod/],
    [
      'superseded',
      { reason: 'newer-revision' },
      /superseded: a newer revision of the ref took its place.*\n(.*\n)*.*if the newer revision holds this change/,
    ],
    ['skipped', { reason: 'suspended' }, /skipped \(suspended\).*\n(.*\n)*.*flux resume/],
    ['skipped', { reason: 'current' }, /^Headgate: applied in prod(.*\n)*.*applied already/],
    ['skipped', { reason: 'paths' }, /^Headgate: nothing to deploy in prod(.*\n)*.*no declared path changed/],
  ] as const) {
    it(`says what ${fate}${'reason' in reconcile ? ` (${reconcile.reason})` : ''} means`, () => {
      const [text = ''] = textsOf([{ target: web, fate, reconcile }]);
      assert.match(text, expected);
    });
  }

  it('says that it runs as part of a newer revision, since when, and by whose leave', () => {
    const page = 'https://gate.example.com/changes/chg_2';
    const heirs = new Map([[targetKey(web), sampleHeir(web, 22)]]);
    const [text = ''] = textsOf([{ target: web, fate: 'superseded' }], page, heirs);
    assert.match(text, /^Headgate: applied in prod, as part of change 22\n/);
    assert.match(
      text,
      /web in apps: applied, as part of change 22, 2026-11-21T07:51:58Z, 8\.20 s after the submit\n {2}\* allowed by apps changes\[0\]\n {2}\* cccccccccccc was allowed by later changes\[1\]: https/,
    );
  });

  it('names each of two that some targets have it by, and in the headline none', () => {
    const heirs = new Map([[targetKey(web), sampleHeir(web, 22)]]);
    const [text = ''] = textsOf(
      [
        { target: web, fate: 'superseded' },
        { target: api, fate: 'applied' },
      ],
      null,
      heirs,
    );
    assert.match(text, /^Headgate: applied in prod\n/);
    assert.match(text, /web in apps: applied, as part of change 22,(.*\n)*.*api in apps: applied, 2026/);
  });

  it('says by its revision what it came with where nothing of that went through review', () => {
    const { change, ...heir } = sampleHeir(web, 22);
    const pushed = new Map([[targetKey(web), { ...heir, change: { ...change, readBack: null } }]]);
    assert.match(textsOf([{ target: web, fate: 'superseded' }], null, pushed)[0] ?? '', /applied in prod, as part of cccccccccccc\n/);
  });

  it('says that what took its place runs without it, and what to do', () => {
    const heirs = new Map([[targetKey(web), sampleHeir(web, 22, { holds: false })]]);
    const [text = ''] = textsOf([{ target: web, fate: 'superseded' }], null, heirs);
    assert.match(text, /^Headgate: replaced in prod\n/);
    assert.match(
      text,
      /superseded by a revision that runs without it: change 22, 2026-11-21T07:51:58Z\n(.*\n)*.*bring it to the ref again/,
    );
  });

  it('says that what it came with failed', () => {
    const reconcile = { outcome: 'stalled', reason: 'BuildFailed', revision: sha('c') } as const;
    const heirs = new Map([[targetKey(web), sampleHeir(web, 22, { reconcile })]]);
    const [text = ''] = textsOf([{ target: web, fate: 'superseded' }], null, heirs);
    assert.match(text, /^Headgate: stalled in prod, as part of change 22\n/);
  });

  it('keeps to itself what a cluster says of its users', () => {
    const reasons = [{ code: 'access-denied', message: 'system:serviceaccount:ops:robot may not reconcile' }];
    const [text = ''] = textsOf([{ target: web, fate: 'denied', decision: { reasons, rule: 'access' } }]);
    assert.match(text, /\(access-denied\)/);
    assert.doesNotMatch(text, /robot/);
  });

  it('has 16,384 UTF-16 code units at most, with link and mark, whatever it is made of', () => {
    const long = (character: string): readonly Fate[] =>
      Array.from({ length: 40 }, (_, index) => {
        const reasons = Array.from({ length: 5 }, () => ({ code: 'other-pusher', message: character.repeat(390) }));
        return { target: targetNamed(`web-${index}`), fate: 'denied' as const, decision: { reasons, rule: character.repeat(400) } };
      });
    for (const character of ['x', 'é', '漢', '🚀']) {
      const [text = ''] = textsOf(long(character));
      assert.ok(text.length <= 16_384 && text.length >= 16_382, `${character}: ${text.length}`);
      assert.ok(text.isWellFormed(), character);
      assert.ok(text.endsWith(`…\n\nEverything about it: https://gate.example.com/changes/chg_1\n\n${marker}`));
    }
  });

  it('names so many targets and counts the rest', () => {
    const many = Array.from({ length: 45 }, (_, index): Fate => ({ target: targetNamed(`web-${index}`), fate: 'applied' }));
    assert.match(textsOf(many)[0] ?? '', /web-39 in apps.*\n.*\n\* and 5 more\n/);
  });

  it('is cut between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 1, max: 60 }), (text, most) => {
        const cut = cutText(text, most);
        assert.ok(cut.length <= most && cut.isWellFormed());
        assert.ok(text.length > most ? cut.endsWith('…') && text.startsWith(cut.slice(0, -1)) : cut === text);
      }),
    );
  });

  it('takes no line, link or direction from names', () => {
    assert.equal(plainText('a\n\n# b\u202e [click](http://evil) <b>', 100), 'a # b\ufffd [click] (http://evil) ‹b>');
  });

  it('is known again by source, ref, cluster and outcome', () => {
    const one = { source: 'review', ref: 'refs/heads/main', cluster: 'prod', outcome: 'applied' } as const;
    assert.equal(markerOf(one), markerOf({ ...one }));
    const others = [{ source: 'other' }, { ref: 'refs/heads/x' }, { cluster: 'stage' }, { outcome: 'failed' as const }];
    assert.equal(new Set([one, ...others.map((other) => ({ ...one, ...other }))].map(markerOf)).size, 5);
    assert.match(markerOf(one), /^Headgate-Message: [0-9a-f]{16}$/);
  });
});
