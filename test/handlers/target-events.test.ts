import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import type { TargetEvent } from '#core/ports/clusters.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { TargetEventWriter } from '#handlers/target-events.ts';
import { target } from './samples.ts';

describe('Events on targets', () => {
  const clock = new SimulatedClock();
  let written: { name: string; reason: TargetEvent['reason'] }[];
  let writer: TargetEventWriter;
  beforeEach(() => {
    written = [];
    const emitEvent = async ({ name }: typeof target, { reason }: TargetEvent): Promise<void> => void written.push({ name, reason });
    writer = new TargetEventWriter({ actuator: { emitEvent }, clock, log: silentLog });
  });

  const write = async (times: number, reason: TargetEvent['reason'], of = target): Promise<void> => {
    for (let time = 0; time < times; time++) {
      writer.write(of, reason, 'told');
      await new Promise(setImmediate);
    }
  };

  it('are so many at once, and then one after each interval', async () => {
    const { eventBurst, eventInterval } = limits.kube;
    await write(eventBurst + 10, 'HeadgateTriggered');
    assert.equal(written.length, eventBurst);
    await clock.advance(eventInterval);
    await write(3, 'HeadgateTriggered');
    assert.equal(written.length, eventBurst + 1);
  });

  it('of one reason take nothing from another reason, or another target', async () => {
    await write(limits.kube.eventBurst + 10, 'HeadgateTriggered');
    written = [];
    await write(1, 'HeadgateDenied');
    await write(1, 'HeadgateTriggered', { ...target, name: 'other' });
    assert.deepEqual(written, [
      { name: target.name, reason: 'HeadgateDenied' },
      { name: 'other', reason: 'HeadgateTriggered' },
    ]);
  });

  it('do not wait for each other, up to a bound', async () => {
    const dropped: string[] = [];
    const log = { ...silentLog, warn: (message: string) => dropped.push(message) };
    const full = new TargetEventWriter({ actuator: { emitEvent: () => new Promise(() => {}) }, clock, log });
    for (let index = 0; index <= limits.kube.eventsUnderWay; index++)
      full.write({ ...target, name: `t-${index}` }, 'HeadgateDenied', 'told');
    assert.deepEqual(dropped, ['a Kubernetes Event was dropped: too many are under way']);
  });
});
