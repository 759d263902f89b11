import { HeadgateError } from '#core/errors.ts';
import type { ErrorCode } from '#core/error-codes.ts';
import { limits } from '#core/limits.ts';

/** Something wrong in a file, at a place, with what to do about it. Line and column count from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string | null;
}

/** Gathers what is wrong, so that one run names everything. */
export class Problems {
  readonly #list: Problem[] = [];

  add(problem: Problem): void {
    this.#list.push(problem);
  }

  get list(): readonly Problem[] {
    return this.#list;
  }

  /** @throws HeadgateError with that code, one line `file:line:column: message (hint)` for each problem, in file order */
  throwIfAny(code: ErrorCode): void {
    if (this.#list.length === 0) return;
    const lines = this.#list.toSorted(byPlace).map(formatProblem);
    const shown = lines.slice(0, limits.config.problemsShown);
    if (lines.length > shown.length) shown.push(`… and ${lines.length - shown.length} more`);
    throw new HeadgateError(code, shown.join('\n'));
  }
}

function formatProblem(problem: Problem): string {
  const hint = problem.hint === null ? '' : ` (${problem.hint})`;
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}${hint}`;
}

function byPlace(a: Problem, b: Problem): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column;
}
