import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { Pace } from '#core/pace.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { ByteBudget } from '#server/byte-budget.ts';
import { rateChecks } from '#server/checks/rates.ts';
import { addressBlock } from '#server/intake/address-block.ts';
import { AddressGate } from '#server/intake/address-gate.ts';
import { openGuards } from '#server/intake/guards.ts';
import { RefusalLog } from '#server/intake/refusal-log.ts';
import { SourceRates } from '#server/intake/source-rates.ts';
import { recordingLog } from './fakes.ts';

const { failures, failureInterval, addresses, provenFor, toldFor } = limits.intake;

/** Whether it was let through. */
function passes(task: () => void, code: HeadgateError['code']): boolean {
  try {
    task();
    return true;
  } catch (error) {
    assert.ok(error instanceof HeadgateError && error.code === code, String(error));
    return false;
  }
}

describe('a bucket of tokens', () => {
  it('never lets through more than its burst and what the time brings, and never less', async () => {
    const steps = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 5_000 }), tries: fc.integer({ min: 0, max: 30 }) }), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 200 }), async (done, burst, perSecond) => {
        const clock = new SimulatedClock();
        const pace = new Pace(clock, burst, 1_000 / perSecond);
        let [taken, asked] = [0, 0];
        for (const { wait, tries } of done) {
          await clock.advance(wait);
          for (let n = 0; n < tries; n++) {
            assert.equal(pace.wait() === 0, pace.take() === 0 && (taken += 1) > 0);
            asked += 1;
          }
        }
        const most = burst + (clock.monotonic() * perSecond) / 1_000;
        assert.ok(taken <= most + 1e-6, `${taken} of ${most}`);
        assert.ok(taken >= Math.min(asked, burst), `${taken} of ${asked}`);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the rate of a source', () => {
  const rate = { perSecond: 10, burst: 3 };
  const code = 'DELIVERIES_LIMITED';

  it('bounds each source by itself, and says when to come again', async () => {
    const clock = new SimulatedClock();
    const rates = new SourceRates(clock, new Map([['a', rate]]));
    const answers = Array.from({ length: 5 }, () => passes(() => rates.take('a'), code));
    assert.deepEqual(answers, [true, true, true, false, false]);
    assert.equal(
      passes(() => rates.expect('a'), code),
      false,
    );
    assert.equal(
      passes(() => rates.take('b'), code),
      true,
    );
    assert.throws(() => rates.take('a'), { code, retryAfter: limits.http.retryAfterSeconds * 1_000 });
    await clock.advance(100);
    rates.expect('a'); // takes nothing
    rates.take('a');
    assert.equal(
      passes(() => rates.take('a'), code),
      false,
    );
    const slow = new SourceRates(clock, new Map([['a', { perSecond: 0.1, burst: 1 }]]));
    slow.take('a');
    assert.throws(() => slow.take('a'), { code, retryAfter: 10_000 });
  });

  it('is told of by `check` while it is exceeded, and for a while after', async () => {
    const clock = new SimulatedClock();
    const rates = new SourceRates(clock, new Map([['a', rate]]));
    const [check] = rateChecks(['a'], rates, clock);
    const found = async () => (await check?.run())?.map(({ code: finding, severity, message }) => [finding, severity, message]);
    for (let n = 0; n < 3; n++) rates.take('a');
    assert.deepEqual(await found(), []);
    for (let n = 0; n < 7; n++) passes(() => rates.take('a'), code);
    await clock.advance(60_000);
    assert.deepEqual(await found(), [
      ['SOURCE_RATE', 'warning', '7 deliveries refused, the first 1m00s ago and the last 1m00s ago: more came than 10 per second'],
    ]);
    await clock.advance(toldFor);
    assert.deepEqual(await found(), []);
  });
});

describe('the gate for addresses', () => {
  const code = 'ADDRESS_LIMITED';
  const exhaust = (gate: AddressGate, address: string): void => {
    for (let n = 0; n < failures; n++) gate.refused(address, 'SIGNATURE_INVALID');
  };

  it('refuses an address that proves nothing past its bucket, no other, and takes it again as time goes by', async () => {
    const clock = new SimulatedClock();
    const gate = new AddressGate(clock);
    exhaust(gate, '192.0.2.1');
    assert.throws(() => gate.pass('192.0.2.1'), { code });
    gate.pass('192.0.2.2');
    await clock.advance(failureInterval);
    gate.pass('192.0.2.1');
    gate.refused('192.0.2.1', 'SOURCE_UNKNOWN');
    assert.throws(() => gate.pass('192.0.2.1'), { code });
  });

  it('takes a network of IPv6 for one sender', () => {
    const gate = new AddressGate(new SimulatedClock());
    exhaust(gate, '2001:db8:0:1::7');
    assert.throws(() => gate.pass('2001:db8:0:1:ffff::1'), { code });
    gate.pass('2001:db8:0:2::7');
  });

  it('does not shut out an address that has brought something genuine, whatever else comes from there', async () => {
    const clock = new SimulatedClock();
    const gate = new AddressGate(clock);
    gate.proven('192.0.2.1');
    exhaust(gate, '192.0.2.1');
    exhaust(gate, '192.0.2.1');
    gate.pass('192.0.2.1');
    assert.deepEqual([gate.isExhausted('192.0.2.1'), gate.isExhausted('192.0.2.2')], [true, false]);
    await clock.advance(provenFor - 1);
    exhaust(gate, '192.0.2.1');
    gate.pass('192.0.2.1');
    await clock.advance(1);
    assert.throws(() => gate.pass('192.0.2.1'), { code });
  });

  it('counts no failure that a genuine delivery follows, and nothing that is our own trouble', () => {
    const gate = new AddressGate(new SimulatedClock());
    for (let n = 0; n < 3 * failures; n++) {
      gate.refused('192.0.2.1', 'SIGNATURE_MISSING'); // asked for its password
      gate.proven('192.0.2.1');
      gate.refused('192.0.2.2', 'JOURNAL_UNAVAILABLE');
      gate.refused('192.0.2.2', 'DELIVERIES_LIMITED');
      gate.refused('192.0.2.2', 'PAYLOAD_INVALID');
      gate.pass('192.0.2.2');
    }
    assert.equal(gate.size, 1);
  });

  it('remembers a bounded number of addresses', () => {
    const gate = new AddressGate(new SimulatedClock());
    exhaust(gate, '192.0.2.1');
    for (let n = 0; n < addresses + 100; n++) {
      gate.refused(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 'SIGNATURE_INVALID');
      if (n % 1_000 === 0) gate.refused('192.0.2.1', 'SIGNATURE_INVALID');
    }
    assert.equal(gate.size, addresses);
    assert.throws(() => gate.pass('192.0.2.1'), { code });
  });
});

describe('a block of addresses', () => {
  for (const [address, block] of [
    ['192.0.2.1', '192.0.2.1'],
    ['unknown', 'unknown'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002::6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ] as const)
    it(`of ${address} is ${block}`, () => assert.equal(addressBlock(address), block));
});

describe('a budget of bytes', () => {
  it('bounds all, and everyone who shares it', () => {
    const budget = new ByteBudget(100);
    const slow = budget.hold({ 'source a': 60, 'address 1': 40 });
    const other = budget.hold({ 'source a': 60, 'address 2': 40 });
    const third = budget.hold({ 'source b': 60, 'address 3': 60 });
    assert.deepEqual([slow.take(40), slow.take(1), other.take(20), other.take(1)], [true, false, true, false]);
    assert.deepEqual([third.take(41), third.take(40), budget.held], [false, true, 100]);
    slow.release();
    slow.release();
    assert.deepEqual([budget.held, other.take(20)], [60, true]);
    for (const held of [other, third]) held.release();
    assert.equal(budget.held, 0);
  });

  it('holds what is held, whatever is taken and released in whatever order', () => {
    const step = fc.record({ who: fc.nat(4), bytes: fc.integer({ min: 0, max: 60 }), release: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budget = new ByteBudget(100);
        const requests = Array.from({ length: 5 }, (_, who) => budget.hold({ [`source ${who % 2}`]: 50 }));
        const held = requests.map(() => 0);
        for (const { who, bytes, release } of steps) {
          if (release) requests[who]?.release();
          if (release) held[who] = 0;
          else if (requests[who]?.take(bytes)) held[who] = (held[who] ?? 0) + bytes;
          assert.equal(
            budget.held,
            held.reduce((sum, one) => sum + one, 0),
          );
          for (const parity of [0, 1]) assert.ok(held.reduce((sum, one, index) => (index % 2 === parity ? sum + one : sum), 0) <= 50);
        }
      }),
    );
  });
});

describe('the log of refusals', () => {
  it('writes few of many, and how many there were', async () => {
    const clock = new SimulatedClock();
    const { log, lines } = recordingLog();
    const refusals = new RefusalLog(clock, log);
    const error = new HeadgateError('DELIVERIES_LIMITED', 'too many');
    for (let n = 0; n < 10_000; n++) refusals.refused('a', error, { remote: '192.0.2.1' });
    assert.equal(lines.length, limits.intake.lines);
    await clock.advance(limits.intake.sumInterval);
    assert.deepEqual(lines.slice(limits.intake.lines), [
      {
        level: 'warn',
        message: 'many deliveries refused, not written one by one',
        fields: { source: 'a', code: 'DELIVERIES_LIMITED', requests: 10_000 - limits.intake.lines },
      },
    ]);
    refusals.refused('a', error, {});
    assert.equal(lines.at(-1)?.message, 'delivery refused');
    await clock.advance(limits.intake.sumInterval);
    assert.equal(lines.length, limits.intake.lines + 2);
  });
});

describe('guards', () => {
  it('hold a bounded number of answers back', async () => {
    const clock = new SimulatedClock();
    const guards = openGuards({ clock, log: recordingLog().log, sources: [] });
    let told = 0;
    const holds = Array.from({ length: limits.intake.held + 5 }, () => guards.hold().then(() => (told += 1)));
    await clock.advance(limits.intake.holdFor - 1);
    assert.equal(told, 5);
    await clock.advance(1);
    await Promise.all(holds);
    assert.equal(told, limits.intake.held + 5);
  });

  it('look at a source once in a while, after what was refused', async () => {
    const clock = new SimulatedClock();
    const guards = openGuards({ clock, log: recordingLog().log, sources: [] });
    const looked: string[] = [];
    for (let second = 0; second < 100; second++) {
      for (const source of ['a', 'b']) guards.lookLater(source, () => looked.push(source));
      await clock.advance(1_000);
    }
    assert.deepEqual(looked, ['a', 'b']);
    await clock.advance(limits.intake.lookInterval);
    assert.deepEqual(looked, ['a', 'b', 'a', 'b']);
  });

  it('take the rate of a source from its config', () => {
    const rate = { perSecond: 1, burst: 1 };
    const sources = [{ name: 'a', webhook: { rate } }, { name: 'b', webhook: {} }, { name: 'c' }];
    const { rates } = openGuards({ clock: new SimulatedClock(), log: recordingLog().log, sources });
    const taken = sources.map(({ name }) => [1, 2].map(() => passes(() => rates.take(name), 'DELIVERIES_LIMITED')));
    assert.deepEqual(taken, [
      [true, false],
      [true, true],
      [true, true],
    ]);
  });
});
