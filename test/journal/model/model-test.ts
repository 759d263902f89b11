import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Append, Elapse, Observe, Prune, Redeliver, Release, ReleaseStale, Restart, Settle, Take } from './commands.ts';
import type { JournalWorld } from './journal-world.ts';
import { Model } from './state.ts';

const choice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const target = fc.constantFrom('web', 'api');
const hour = 3_600_000;

const commands = fc.commands(
  [
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean()).map(([count, twice]) => new Append(count, twice)),
    choice.map((n) => new Redeliver(n)),
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.uniqueArray(target)).map(([count, targets]) => new Settle(count, targets)),
    target.map((name) => new Take(name)),
    target.map((name) => new Take(name)),
    fc.tuple(target, fc.constantFrom('queued', 'observing', 'ended')).map(([name, state]) => new Release(name, state)),
    choice.map((n) => new ReleaseStale(n)),
    fc.tuple(choice, fc.constantFrom('applied', 'failed')).map(([n, outcome]) => new Observe(n, outcome)),
    fc.tuple(fc.constantFrom(1, 10_000, 60_000, 90_000), fc.constantFrom(0, hour, -hour)).map(([ms, jump]) => new Elapse(ms, jump)),
    fc.tuple(fc.nat(20), fc.nat(20)).map(([bodies, records]) => new Prune(bodies, records)),
    fc.boolean().map((crash) => new Restart(crash)),
  ],
  { size: 'large', maxCommands: 60 },
);

const wanted = ['concurrent duplicate', 'superseded', 'refused', 'taken over', 'fenced off', 'pruned', 'crash', 'restart'];

/**
 * Runs random commands on journals and on a plain model, until every situation that matters was reached.
 * @param runs of each round; there are two at least
 */
export async function compareWithModel(open: () => Promise<JournalWorld>, runs: number): Promise<void> {
  const seen = new Set<string>();
  const property = fc.asyncProperty(commands, async (steps) => {
    const world = await open();
    try {
      await fc.asyncModelRun(() => ({ model: new Model(seen), real: world }), steps);
    } finally {
      await world.destroy();
    }
  });
  const missing = (): readonly string[] => wanted.filter((one) => !seen.has(one));
  for (let round = 1; round <= 2 || (missing().length > 0 && round <= 40); round++) await fc.assert(property, { numRuns: runs });
  assert.deepEqual(missing(), [], 'these situations were never reached');
}
