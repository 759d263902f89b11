import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { JournalDeliveryLog } from '#journal/delivery-log.ts';
import { delivery } from '../conformance/journal/material.ts';

describe('whether deliveries can be stored', () => {
  const { hangs, probeTimeout } = limits.journal;

  it('is denied while a disk hangs, and affirmed when it goes on', async () => {
    const clock = new SimulatedClock();
    const written = Promise.withResolvers<never>();
    const log = new JournalDeliveryLog({ submit: () => written.promise }, clock, silentLog);
    const appending = log.append(delivery(1));
    await clock.advance(hangs);
    assert.equal(await log.writable(), true);
    await clock.advance(1);
    assert.equal(await log.writable(), false);
    written.resolve({ id: 'dlv_1', known: false } as never);
    await appending;
    assert.equal(await log.writable(), true);
  });

  it('is denied in bounded time when the probe of a failing disk hangs', async () => {
    const clock = new SimulatedClock();
    const never = new Promise<never>(() => {});
    const failure = Promise.reject(new HeadgateError('JOURNAL_UNAVAILABLE', 'no space'));
    failure.catch(() => {});
    const log = new JournalDeliveryLog({ submit: (name) => (name === 'append' ? failure : never) }, clock, silentLog);
    await assert.rejects(log.append(delivery(1)));
    const asked = log.writable();
    await clock.advance(probeTimeout);
    assert.equal(await asked, false);
  });
});
