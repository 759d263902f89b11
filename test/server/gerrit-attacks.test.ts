import assert from 'node:assert/strict';
import { currentPatchSet, type Change } from '#sandbox/gerrit/change.ts';
import { noUnresolvedComments } from '#sandbox/gerrit/project.ts';
import { GerritFlowWorld } from './gerrit-flow-world.ts';

/** What a server comes to where somebody has Gerrit say MERGED of what nobody else has approved. */
describe('a server that is to deploy what was not reviewed on Gerrit', function () {
  this.timeout(120_000);
  let world: GerritFlowWorld;
  afterEach(() => world.stop());

  /** The change is denied for this reason alone, and the cluster stays at what it ran. */
  const assertDenied = async (change: Change, code: string, why: RegExp): Promise<void> => {
    const { verdict, reasons } = await world.decided(change);
    assert.deepEqual([verdict, reasons.map((reason) => reason.code)], ['deny', [code]], JSON.stringify(reasons));
    assert.match(reasons[0]?.message ?? '', why);
    const { revision } = currentPatchSet(change);
    const [story] = await world.stories(revision);
    assert.deepEqual([story?.reconciles, story?.change.confirmed], [[], true]);
    assert.doesNotMatch(JSON.stringify(world.cluster.get('Kustomization', 'apps', 'webapp')), new RegExp(revision));
  };

  describe('whose project asks for reviews', () => {
    beforeEach(async () => {
      world = await GerritFlowWorld.start();
    });

    it('denies a submit that a push has forced', async () => {
      const files = { 'deploy/webapp.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: webapp }\n' };
      const change = await world.gerrit.pushWithSubmit({ project: 'demo/app', files, subject: 'forced' });
      await assertDenied(
        change,
        'forced-submit',
        /change 1 was submitted although Code-Review, .* not satisfied: the push that submitted it forced that/,
      );
    });

    it('denies an open change that a direct push has closed', async () => {
      const change = await world.proposed('pushed');
      await world.gerrit.push({ project: 'demo/app', commit: currentPatchSet(change).revision });
      assert.equal(change.status, 'MERGED');
      await assertDenied(
        change,
        'direct-push',
        /change 1 was merged without being asked for any submit requirement, as when a push closes it/,
      );
    });

    it('denies an override', async () => {
      const change = await world.proposed('overridden');
      world.gerrit.override(change, 'Code-Review', 'OVERRIDDEN');
      await world.gerrit.submit(change);
      await assertDenied(
        change,
        'overridden-submit',
        /change 1 was submitted although Code-Review was not satisfied, but set aside by an override/,
      );
    });
  });

  describe('whose project asks for none, while policy asks for votes', () => {
    beforeEach(async () => {
      world = await GerritFlowWorld.start({
        project: { requirements: [noUnresolvedComments] },
        leads: ['lead'],
        persons: ['admin', 'dev', 'lead'],
        rule: { reviewed: false },
        spec: { reviews: [{ label: 'Code-Review', value: 2, distinctFrom: ['author', 'uploader'] }] },
      });
    });

    it('allows what somebody else has voted for before the submit', async () => {
      const change = await world.proposed('approved');
      await world.gerrit.vote(change, { by: 'lead', value: 2 });
      await world.gerrit.submit(change);
      const { verdict, reasons } = await world.decided(change);
      assert.equal(verdict, 'allow', JSON.stringify(reasons));
    });

    it('denies what was voted for after the submit', async () => {
      const change = await world.proposed('late');
      world.gerrit.http.switches.down = 503; // so that the vote stands there when the server looks
      await world.gerrit.submit(change);
      await world.gerrit.vote(change, { by: 'lead', value: 2 });
      world.gerrit.http.switches.down = undefined;
      await assertDenied(change, 'vote-missing', /lead's Code-Review\+2 was given after the change was submitted/);
    });

    it('denies a vote that somebody else has cast in the name of its voter', async () => {
      const change = await world.proposed('spoken for');
      await world.gerrit.vote(change, { by: 'admin', onBehalfOf: 'lead', value: 2 });
      await world.gerrit.submit(change);
      await assertDenied(change, 'vote-missing', /lead's Code-Review\+2 was given in their name by somebody else/);
    });

    it('denies a vote of the owner', async () => {
      const change = await world.proposed('own', 'lead');
      await world.gerrit.vote(change, { by: 'lead', value: 2 });
      await world.gerrit.submit(change, 'admin');
      await assertDenied(change, 'vote-missing', /lead is lead, who /);
    });

    it('denies a vote of whoever has uploaded what was submitted', async () => {
      const change = await world.proposed('taken over');
      await world.gerrit.amend(change, { files: { 'deploy/more.yaml': '{}' }, by: 'lead' });
      await world.gerrit.vote(change, { by: 'lead', value: 2 });
      await world.gerrit.submit(change, 'admin');
      await assertDenied(change, 'vote-missing', /lead is lead, who uploaded what was submitted/);
    });

    it('denies a vote on a patch set whose content was not submitted', async () => {
      const change = await world.proposed('seen');
      await world.gerrit.vote(change, { by: 'lead', value: 2 });
      await world.gerrit.amend(change, { files: { 'deploy/unseen.yaml': '{}' } });
      await world.gerrit.submit(change, 'admin');
      await assertDenied(change, 'vote-missing', /there is none/);
    });

    it('denies a vote that a program has cast', async () => {
      const change = await world.proposed('by a program');
      await world.gerrit.vote(change, { by: 'lead', value: 2, tag: 'autogenerated:ci' });
      await world.gerrit.submit(change);
      await assertDenied(change, 'vote-missing', /was given by a program/);
    });

    it('denies what was pushed past review, whoever is asked for a vote', async () => {
      const change = await world.proposed('pushed');
      await world.gerrit.push({ project: 'demo/app', commit: currentPatchSet(change).revision });
      await assertDenied(change, 'vote-missing', /there is none/);
    });
  });
});
