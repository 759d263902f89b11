import { fixtureJson } from './replay.ts';

/** Of the fixtures. */
export const ADMIN = { _account_id: 1_000_000, name: 'Administrator', username: 'admin' };
export const DEV = { _account_id: 1_000_002, name: 'Dév Élöper', username: 'dev' };
export const BOT = { _account_id: 1_000_001, name: 'Headgate Bot', username: 'bot', tags: ['SERVICE_USER'] };

/** A change as Gerrit tells it, to look at or to change. */
export interface Captured {
  readonly project: string;
  readonly _number: number;
  readonly current_revision: string;
  readonly revisions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [more: string]: unknown;
}

/** One of the fixtures `change-….http`, with what is put into its place. */
export async function captured(name: string, more: Readonly<Record<string, unknown>> = {}): Promise<Captured> {
  return { ...((await fixtureJson(name)) as Captured), ...more };
}

/** The messages of change 21, which `change-readback` leaves out. */
export async function capturedMessages(): Promise<readonly unknown[]> {
  return (await captured('change-detail'))['messages'] as readonly unknown[];
}

/** A message as Gerrit writes it with a vote. */
export function said(author: object, at: string, patchSet: number, text: string, more: object = {}): object {
  return { author, date: `2026-11-21 ${at}.000000000`, message: `Patch Set ${patchSet}: ${text}`, _revision_number: patchSet, ...more };
}

/** An entry of `labels.*.all`. */
export function approval(by: object, at: string, value: number, more: object = {}): object {
  return { ...by, value, date: `2026-11-21 ${at}.000000000`, ...more };
}

/** Labels with Code-Review alone. */
export function codeReview(...all: readonly object[]): object {
  return { 'Code-Review': { all, values: { '-2': 'no', '-1': 'rather not', ' 0': 'none', '+1': 'rather', '+2': 'yes' } } };
}
