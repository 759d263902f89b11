import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { checkExpression, type Names, type Objection } from '#policy/cel/check-expression.ts';
import type { CelEngine, Evaluate, Expr } from '#policy/cel/engine.ts';

/** An expression that may be evaluated. */
export interface Expression {
  readonly text: string;
  /** Fields of `variables` that it reads. */
  readonly variables: readonly string[];
  /** Names that it reads, and fields of `change`: `change.tag`. */
  readonly names: readonly string[];
  readonly evaluate: Evaluate;
}

/** @returns the expression, or all that is wrong with it */
export function compileExpression(engine: CelEngine, text: string, names: Names): Expression | readonly Objection[] {
  const bound = boundObjection(text);
  if (bound !== undefined) return [bound];
  const expr = parsed(engine, text);
  if ('message' in expr) return [expr];
  const { objections, variables, names: read } = checkExpression(engine, expr, names);
  if (objections.length > 0) return objections;
  try {
    return { text, variables, names: read, evaluate: engine.plan(expr) };
  } catch (error) {
    return [{ message: `not a CEL expression: ${messageOf(error)}`, hint: null }];
  }
}

/** Before it is parsed, because the parser takes its time over deep nesting. */
function boundObjection(text: string): Objection | undefined {
  const { bytes, brackets } = limits.cel;
  if (Buffer.byteLength(text) > bytes) return { message: `the expression is longer than ${bytes} bytes`, hint: 'split it into variables' };
  if (depthOf(text) > brackets) return { message: `brackets within brackets, more than ${brackets} deep`, hint: 'split it into variables' };
  return undefined;
}

/** Brackets in texts count as well: an overestimate does no harm. */
function depthOf(text: string): number {
  let [depth, most] = [0, 0];
  for (const char of text) {
    if ('([{'.includes(char)) depth += 1;
    if (')]}'.includes(char)) depth -= 1;
    most = Math.max(most, depth);
  }
  return most;
}

function parsed(engine: CelEngine, text: string): Expr | Objection {
  try {
    return engine.parse(text) ?? { message: 'the expression is empty', hint: null };
  } catch (error) {
    const [, line, column, said] = /^<input>:(\d+):(\d+): ([^]*)$/.exec(messageOf(error)) ?? [];
    const where = line === undefined ? messageOf(error) : `line ${line}, character ${column}`;
    return { message: `not a CEL expression: ${where}`, hint: said === undefined ? null : said.slice(0, limits.cel.saidChars) };
  }
}
