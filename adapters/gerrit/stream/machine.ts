import { backOff, type Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { StreamState } from '#core/ports/event-stream.ts';
import { isPassing, stateOf, type Failure } from './failure.ts';

/**
 * `opening`: from the first byte until the server has taken the command. `settling`: it has, and may still say that it does not permit it.
 * `closing`: a connection that is over, and may hold on to its socket. `waiting`: nothing is there; tried again when the timer is over.
 * `stopping`: as `closing`, and for good.
 */
export type Phase = 'stopped' | 'opening' | 'settling' | 'listening' | 'closing' | 'waiting' | 'stopping';

/** Everything that there is to know of a stream's connection. docs/explanation/gerrit-stream.md draws it. */
export interface Machine {
  readonly phase: Phase;
  /** What is shown. It stays what it was while it is tried again: a server that is away for a night is one piece of news. */
  readonly state: StreamState;
  /** Since when, milliseconds since the epoch. */
  readonly since: number;
  readonly message: string | null;
  /** When it is tried again, milliseconds since the epoch. */
  readonly retryAt: number | null;
  /** Tries in a row that came to nothing. */
  readonly failures: number;
  /** Why the connection that is being closed is over. */
  readonly failure: Failure | null;
  /** When the command was taken, monotonic; null while none runs. */
  readonly openedAt: number | null;
  /** Whether this connection has brought anything. */
  readonly heard: boolean;
  /** What moved without an event; null once one has come since. */
  readonly suspicion: string | null;
}

/** `timer` means the one that was asked for last. `closed`: the socket is gone. */
export type Input =
  | { readonly type: 'start' | 'stop' | 'opened' | 'heard' | 'closed' | 'timer' }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'mute'; readonly cause: string };

/** `open` and `close` a connection, `cut` one that does not close. There is one timer: it replaces the one before; null takes it away. */
export type Effect =
  | { readonly type: 'open' | 'close' | 'cut' }
  | { readonly type: 'timer'; readonly ms: number | null }
  | { readonly type: 'gap'; readonly cause: string };

export interface Step {
  readonly machine: Machine;
  readonly effects: readonly Effect[];
}

/** Nothing is open, and nothing is wanted. */
export function stoppedMachine(clock: Pick<Clock, 'now'>): Machine {
  return {
    ...{ phase: 'stopped', state: 'stopped', since: clock.now(), message: null, retryAt: null },
    ...{ failures: 0, failure: null, openedAt: null, heard: false, suspicion: null },
  };
}

/**
 * What comes of an input. Pure but for the clock's time and its jitter. A connection is opened only where none is: from `stopped` and from
 * `waiting`, which nothing but `closed` leads to. An input that a phase does not expect changes nothing.
 */
export function step(machine: Machine, input: Input, clock: Clock): Step {
  switch (input.type) {
    case 'start':
      return machine.phase === 'stopped' ? opening({ ...machine, ...shown(machine, 'connecting', null, clock) }) : same(machine);
    case 'stop':
      return stop(machine, clock);
    case 'opened':
      return machine.phase === 'opening' ? opened(machine, clock) : same(machine);
    case 'heard':
      return isOpen(machine) ? heard(machine, clock) : same(machine);
    case 'failed':
      return isOpen(machine) || machine.phase === 'opening' ? closing(machine, input.failure, clock) : same(machine);
    case 'mute':
      return isOpen(machine) ? mute(machine, input.cause, clock) : same(machine);
    case 'closed':
      return closed(machine, clock);
    case 'timer':
      return timeIsOver(machine, clock);
  }
}

function timeIsOver(machine: Machine, clock: Clock): Step {
  switch (machine.phase) {
    case 'opening':
      return closing(machine, { kind: 'lost', message: `no answer for ${limits.eventStream.openTimeout / 1_000} s` }, clock);
    case 'settling':
      return { machine: listening(machine, clock), effects: [] };
    case 'waiting':
      return opening(machine);
    case 'closing':
    case 'stopping':
      return { machine, effects: [{ type: 'cut' }] };
    default:
      return same(machine);
  }
}

function opening(machine: Machine): Step {
  const next: Machine = { ...machine, phase: 'opening', retryAt: null, failure: null, openedAt: null, heard: false };
  return { machine: next, effects: [{ type: 'open' }, timer(limits.eventStream.openTimeout)] };
}

/** Whatever happened while nobody listened is to be found: the gap is told before anybody knows whether listening is permitted. */
function opened(machine: Machine, clock: Clock): Step {
  const next: Machine = { ...machine, phase: 'settling', openedAt: clock.monotonic() };
  return { machine: next, effects: [{ type: 'gap', cause: 'connected' }, timer(limits.eventStream.settle)] };
}

/** A stream that was mute is not known to have become better before it has brought something. */
function listening(machine: Machine, clock: Clock): Machine {
  const { suspicion } = machine;
  const state = suspicion === null ? shown(machine, 'streaming', null, clock) : shown(machine, 'mute', muteMessage(suspicion), clock);
  return { ...machine, phase: 'listening', ...state };
}

function heard(machine: Machine, clock: Clock): Step {
  if (machine.heard && machine.phase === 'listening') return same(machine);
  const next = listening({ ...machine, heard: true, suspicion: null, failures: 0 }, clock);
  return { machine: next, effects: machine.phase === 'settling' ? [timer(null)] : [] };
}

function mute(machine: Machine, cause: string, clock: Clock): Step {
  return closing({ ...machine, suspicion: cause }, { kind: 'mute', message: muteMessage(cause) }, clock);
}

function muteMessage(cause: string): string {
  return `connected, and no event told of ${cause}: it connects anew; if that does not help, the account may lack Read on what moved`;
}

function closing(machine: Machine, failure: Failure, clock: Clock): Step {
  const next: Machine = { ...machine, phase: 'closing', failure, ...shown(machine, stateOf(failure), failure.message, clock) };
  return { machine: next, effects: [{ type: 'close' }, timer(limits.eventStream.closeGrace)] };
}

function closed(machine: Machine, clock: Clock): Step {
  if (machine.phase === 'stopping') return { machine: { ...stoppedMachine(clock) }, effects: [timer(null)] };
  if (machine.phase === 'closing' && machine.failure) return waiting(machine, machine.failure, clock);
  if (!isOpen(machine) && machine.phase !== 'opening') return same(machine);
  const failure: Failure = { kind: 'lost', message: 'the connection was closed' };
  return waiting({ ...machine, ...shown(machine, stateOf(failure), failure.message, clock) }, failure, clock);
}

/** The back-off grows with tries that come to nothing, also where each of them connects. */
function waiting(machine: Machine, failure: Failure, clock: Clock): Step {
  const { retryBase, retryCap, slowRetryBase, slowRetryCap, stableAfter } = limits.eventStream;
  const isGood = machine.heard || (machine.openedAt !== null && clock.monotonic() - machine.openedAt >= stableAfter);
  const failures = isGood ? 0 : machine.failures;
  const ms = isPassing(failure) ? backOff(clock, failures, retryBase, retryCap) : backOff(clock, failures, slowRetryBase, slowRetryCap);
  const next: Machine = { ...machine, phase: 'waiting', failures: failures + 1, failure: null, openedAt: null, retryAt: clock.now() + ms };
  return { machine: next, effects: [timer(ms)] };
}

function stop(machine: Machine, clock: Clock): Step {
  switch (machine.phase) {
    case 'stopped':
    case 'stopping':
      return same(machine);
    case 'waiting':
      return { machine: stoppedMachine(clock), effects: [timer(null)] };
    default:
      return { machine: { ...machine, phase: 'stopping' }, effects: [{ type: 'close' }, timer(limits.eventStream.closeGrace)] };
  }
}

function isOpen({ phase }: Machine): boolean {
  return phase === 'settling' || phase === 'listening';
}

function timer(ms: number | null): Effect {
  return { type: 'timer', ms };
}

function same(machine: Machine): Step {
  return { machine, effects: [] };
}

/** It is new only when it differs. */
function shown(machine: Machine, state: StreamState, message: string | null, clock: Clock): Pick<Machine, 'state' | 'since' | 'message'> {
  return { state, message, since: state === machine.state ? machine.since : clock.now() };
}
