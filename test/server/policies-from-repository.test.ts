import assert from 'node:assert/strict';
import { readBacks, configMap, REPOSITORY } from './forge-world.ts';
import { appsFrom, PLATFORM, policiesFrom, startPolicyWorld, type PolicyWorld } from './policy-world.ts';

const first = { 'policies/apps.yaml': appsFrom('release'), 'policies/policies.yaml': policiesFrom(PLATFORM), 'README.md': 'ours' };

for (const by of readBacks) {
  describe(`policies of a repository, read back by ${by}`, function () {
    this.timeout(120_000);
    let world: PolicyWorld;
    beforeEach(async () => {
      world = await startPolicyWorld({ by, files: first });
    });
    afterEach(() => world.forge.stop());

    const pushApp = async (text: string): Promise<string> =>
      (await world.forge.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap(text) } })).after ?? '';

    it('are taken as they are at the very first start, and that is on record', async () => {
      const record = await world.inForce(world.first);
      assert.equal((record['taken'] as { by: string }).by, 'bootstrap');
      const decision = await world.appDecision(await pushApp('second'));
      assert.deepEqual([decision.verdict, decision.facts['policyRevision']], ['deny', world.first]);
    });

    it('are replaced by a revision that they allow, with change, decision and actors on record', async () => {
      await world.inForce(world.first);
      const next = await world.push({ 'policies/apps.yaml': appsFrom('main') });
      const decision = await world.decisionOn(next);
      assert.deepEqual([decision.verdict, decision.facts['policyRevision'], decision.rule], ['allow', world.first, 'policies changes[0]']);
      const { taken, policySet } = (await world.inForce(next)) as { taken: Record<string, unknown>; policySet: string };
      assert.deepEqual([taken['by'], taken['decision'], taken['change']], ['decision', decision.id, decision.change]);
      assert.match(String((taken['actors'] as string[])[0]), /octocat/);
      const app = await world.appDecision(await pushApp('second'));
      assert.deepEqual([app.verdict, app.facts['policyRevision'], app.facts['policySet']], ['allow', next, policySet]);
    });

    it('stay when what is pushed leaves them as they are', async () => {
      await world.inForce(world.first);
      const other = await world.push({ 'README.md': 'still ours' });
      const story = await world.forge.storyOf(other);
      assert.deepEqual(story.decisions, []);
      assert.equal((await world.records()).length, 1);
    });
  });
}
