import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { Leader } from '#handlers/leader.ts';

/** One lease that processes share, as a journal keeps it. */
class SharedLead {
  holder: string | undefined;
  failing = false;

  of(name: string) {
    return {
      lead: async () => {
        if (this.failing) throw new Error('the journal is away');
        this.holder ??= name;
        return this.holder === name;
      },
      resign: async () => {
        if (this.failing) throw new Error('the journal is away');
        if (this.holder === name) this.holder = undefined;
      },
    };
  }
}

/** A process that strives for the lead, and what it noted of its terms. */
function striving(clock: SimulatedClock, lead: SharedLead, name: string, begin: () => Promise<void> = () => Promise.resolve()) {
  const terms: string[] = [];
  const leader = new Leader({
    clock,
    log: silentLog,
    journal: lead.of(name),
    async begin(term) {
      term.defer(() => void terms.push('ended'));
      await begin();
      terms.push('begun');
    },
  });
  return { leader, terms };
}

describe('handlers/leader', () => {
  let clock: SimulatedClock;
  let lead: SharedLead;
  beforeEach(() => {
    clock = new SimulatedClock();
    lead = new SharedLead();
  });

  it('has begun its term when the start resolves, where nobody else leads', async () => {
    const { leader, terms } = striving(clock, lead, 'one');
    await leader.start();
    assert.deepEqual([leader.leads, ...terms], [true, 'begun']);
    await leader.stop();
    assert.deepEqual(terms, ['begun', 'ended']);
    assert.equal(lead.holder, undefined);
  });

  it('begins once, however often it renews', async () => {
    const { leader, terms } = striving(clock, lead, 'one');
    await leader.start();
    await clock.advance(10 * limits.lead.renew);
    assert.deepEqual(terms, ['begun']);
    await leader.stop();
  });

  it('waits while another process leads, and takes its place when that gives it up', async () => {
    const [one, other] = [striving(clock, lead, 'one'), striving(clock, lead, 'other')];
    await one.leader.start();
    await other.leader.start();
    await clock.advance(3 * limits.lead.renew);
    assert.deepEqual([one.leader.leads, other.leader.leads], [true, false]);
    await one.leader.stop();
    await clock.advance(limits.lead.renew);
    assert.deepEqual([other.leader.leads, ...other.terms], [true, 'begun']);
    await other.leader.stop();
  });

  it('ends its term when another has taken the lead', async () => {
    const { leader, terms } = striving(clock, lead, 'one');
    await leader.start();
    lead.holder = 'other';
    await clock.advance(limits.lead.renew);
    assert.deepEqual([leader.leads, ...terms], [false, 'begun', 'ended']);
    lead.holder = undefined;
    await clock.advance(limits.lead.renew);
    assert.deepEqual([leader.leads, ...terms], [true, 'begun', 'ended', 'begun']);
    await leader.stop();
  });

  it('goes on through a short trouble with the journal, and ends its term when that has lasted for a lease', async () => {
    const { leader, terms } = striving(clock, lead, 'one');
    await leader.start();
    lead.failing = true;
    await clock.advance(limits.lead.lease - 1);
    assert.deepEqual([leader.leads, ...terms], [true, 'begun']);
    await clock.advance(limits.lead.renew);
    assert.deepEqual([leader.leads, ...terms], [false, 'begun', 'ended']);
    lead.failing = false;
    await clock.advance(limits.lead.renew);
    assert.equal(leader.leads, true);
    await leader.stop();
  });

  it('gives the lead up when its term cannot begin, says why at the start, and tries again later', async () => {
    let broken = true;
    const { leader, terms } = striving(clock, lead, 'one', () => (broken ? Promise.reject(new Error('no key')) : Promise.resolve()));
    await assert.rejects(leader.start(), /no key/);
    assert.deepEqual([leader.leads, lead.holder, ...terms], [false, undefined, 'ended']);
    broken = false;
    await leader.start();
    assert.equal(leader.leads, true);
    await leader.stop();
  });

  it('stops in peace while the journal is away', async () => {
    const { leader, terms } = striving(clock, lead, 'one');
    await leader.start();
    lead.failing = true;
    await leader.stop();
    assert.deepEqual(terms, ['begun', 'ended']);
  });
});
