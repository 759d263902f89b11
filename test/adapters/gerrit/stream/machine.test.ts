import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Failure, FailureKind } from '#adapters/gerrit/stream/failure.ts';
import { step, stoppedMachine, type Effect, type Input, type Machine } from '#adapters/gerrit/stream/machine.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';

const failed = (kind: FailureKind): Input => ({ type: 'failed', failure: { kind, message: `it is ${kind}` } satisfies Failure });
const plain = (type: 'start' | 'stop' | 'opened' | 'heard' | 'closed' | 'timer'): Input => ({ type });
const mute: Input = { type: 'mute', cause: 'a ref' };

function run(clock: SimulatedClock, inputs: readonly Input[]): { readonly machine: Machine; readonly effects: readonly Effect[] } {
  let machine = stoppedMachine(clock);
  const effects: Effect[] = [];
  for (const input of inputs) {
    const next = step(machine, input, clock);
    machine = next.machine;
    effects.push(...next.effects);
  }
  return { machine, effects };
}

const words = (effects: readonly Effect[]): string[] =>
  effects.map((effect) => (effect.type === 'timer' ? (effect.ms === null ? 'no timer' : 'timer') : effect.type));

const anyInput: fc.Arbitrary<Input> = fc.oneof(
  fc.constantFrom<Input>(...(['start', 'opened', 'heard', 'closed', 'timer'] as const).map(plain)),
  fc
    .constantFrom<FailureKind>('lost', 'refused', 'mute', 'wrong-key', 'not-permitted', 'host-key-changed', 'misconfigured')
    .map((kind) => failed(kind)),
  fc.constant(mute),
);

describe('the state machine of a stream', () => {
  const paths: readonly (readonly [readonly Input[], Machine['phase'], Machine['state'], readonly string[]])[] = [
    [[plain('start')], 'opening', 'connecting', ['open', 'timer']],
    [[plain('start'), plain('opened')], 'settling', 'connecting', ['open', 'timer', 'gap', 'timer']],
    [[plain('start'), plain('opened'), plain('timer')], 'listening', 'streaming', ['open', 'timer', 'gap', 'timer']],
    [[plain('start'), plain('opened'), plain('heard')], 'listening', 'streaming', ['open', 'timer', 'gap', 'timer', 'no timer']],
    [[plain('start'), plain('timer')], 'closing', 'waiting', ['open', 'timer', 'close', 'timer']],
    [[plain('start'), plain('timer'), plain('timer')], 'closing', 'waiting', ['open', 'timer', 'close', 'timer', 'cut']],
    [[plain('start'), failed('wrong-key'), plain('closed')], 'waiting', 'wrong-key', ['open', 'timer', 'close', 'timer', 'timer']],
    [[plain('start'), failed('lost'), failed('wrong-key')], 'closing', 'waiting', ['open', 'timer', 'close', 'timer']],
    [[plain('start'), plain('closed')], 'waiting', 'waiting', ['open', 'timer', 'timer']],
    [[plain('start'), plain('closed'), plain('timer')], 'opening', 'waiting', ['open', 'timer', 'timer', 'open', 'timer']],
    [[plain('start'), mute], 'opening', 'connecting', ['open', 'timer']],
    [[plain('start'), plain('opened'), mute], 'closing', 'mute', ['open', 'timer', 'gap', 'timer', 'close', 'timer']],
    [[plain('start'), plain('stop')], 'stopping', 'connecting', ['open', 'timer', 'close', 'timer']],
    [[plain('start'), plain('stop'), plain('closed')], 'stopped', 'stopped', ['open', 'timer', 'close', 'timer', 'no timer']],
    [[plain('start'), plain('closed'), plain('stop')], 'stopped', 'stopped', ['open', 'timer', 'timer', 'no timer']],
    [[plain('stop'), plain('closed'), plain('timer'), plain('opened')], 'stopped', 'stopped', []],
  ];
  for (const [inputs, phase, state, effects] of paths)
    it(`is ${phase} (${state}) after ${inputs.map(({ type }) => type).join(', ')}`, () => {
      const result = run(new SimulatedClock(), inputs);
      assert.deepEqual([result.machine.phase, result.machine.state, words(result.effects)], [phase, state, effects]);
    });

  it('never has two connections open, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 60 }), (inputs) => {
        const clock = new SimulatedClock();
        let machine = stoppedMachine(clock);
        let isThere = false;
        for (const input of [plain('start'), ...inputs]) {
          if (input.type === 'closed') {
            if (!isThere) continue; // a socket that is not there does not close
            isThere = false;
          }
          const next = step(machine, input, clock);
          machine = next.machine;
          for (const { type } of next.effects)
            if (type === 'open') {
              assert.equal(isThere, false);
              isThere = true;
            }
        }
      }),
    );
  });

  it('always has a timer or a connection that goes on, until it is stopped', () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 60 }), (inputs) => {
        const { machine, effects } = run(new SimulatedClock(), [plain('start'), ...inputs]);
        const timer = effects.findLast(({ type }) => type === 'timer');
        assert.ok(machine.phase === 'listening' || (timer?.type === 'timer' && timer.ms !== null), machine.phase);
      }),
    );
  });

  it('waits longer and longer while tries come to nothing, and begins anew after one that brought an event', () => {
    const clock = new SimulatedClock();
    const round = [plain('timer'), failed('lost'), plain('closed')];
    const delays = (inputs: readonly Input[]): number => {
      const last = run(clock, inputs).effects.at(-1);
      return last?.type === 'timer' ? (last.ms ?? 0) : 0;
    };
    const many = [plain('start'), plain('closed'), ...Array.from({ length: 12 }, () => round).flat()];
    const late = Array.from({ length: 40 }, () => delays(many));
    assert.ok(Math.max(...late) > 10_000 && Math.max(...late) <= 30_000);
    assert.ok(delays([...many, plain('timer'), plain('opened'), plain('heard'), plain('closed')]) <= 500);
  });

  it('waits at least half a minute where somebody has to mend something', () => {
    const clock = new SimulatedClock();
    for (const kind of ['refused', 'wrong-key', 'not-permitted', 'host-key-changed', 'misconfigured'] as const) {
      const { machine } = run(clock, [plain('start'), failed(kind), plain('closed')]);
      assert.ok((machine.retryAt ?? 0) - clock.now() >= 30_000, kind);
    }
  });

  it('takes a connection that lasted for a good one, though nothing came', async () => {
    const clock = new SimulatedClock();
    const before = run(clock, [
      plain('start'),
      ...Array.from({ length: 9 }, () => [plain('closed'), plain('timer')]).flat(),
      plain('opened'),
    ]).machine;
    await clock.advance(60_000);
    assert.equal(step(before, plain('closed'), clock).machine.failures, 1);
  });
});
