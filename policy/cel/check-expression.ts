import { nearest } from '#config/nearest.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { isAnchored } from '#policy/cel/anchored.ts';
import { countedCondition, type CelEngine, type Expr } from '#policy/cel/engine.ts';

/** What is wrong with an expression, and what to do about it. */
export interface Objection {
  readonly message: string;
  readonly hint: string | null;
}

/** The names that an expression may use; null = its fields are not known. */
export type Names = Readonly<Record<string, readonly string[] | null>>;

export interface Checked {
  readonly objections: readonly Objection[];
  /** Fields of `variables` that it reads. */
  readonly variables: readonly string[];
  /** Names that it reads, and fields of `change`: `change.tag`. */
  readonly names: readonly string[];
}

type Kind<C> = Extract<Expr['exprKind'], { case: C }>;

/** Walks an expression: the library itself finds unknown names only when it evaluates. Loops of macros are counted from then on. */
export function checkExpression(engine: CelEngine, expr: Expr, names: Names): Checked {
  const walk = new Walk(engine, names);
  walk.visit(expr, { locals: [], depth: 0 });
  return { objections: walk.objections, variables: [...walk.variables], names: [...walk.names] };
}

interface Place {
  /** Variables of the macros around it. */
  readonly locals: readonly string[];
  /** How many macros are around it. */
  readonly depth: number;
}

/** Types are values in CEL: `type(claims.groups) == list`. */
const types: readonly string[] = ['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint'];
const partial: readonly string[] = ['matches', 'startsWith', 'endsWith', 'contains'];

class Walk {
  readonly objections: Objection[] = [];
  readonly variables = new Set<string>();
  readonly names = new Set<string>();
  readonly #engine: CelEngine;
  readonly #names: Names;

  constructor(engine: CelEngine, names: Names) {
    this.#engine = engine;
    this.#names = names;
  }

  visit(expr: Expr | undefined, place: Place): void {
    const kind = expr?.exprKind;
    if (kind === undefined) return;
    if (kind.case === 'identExpr') this.#name(kind.value.name, place);
    if (kind.case === 'selectExpr') this.#select(kind, place);
    if (kind.case === 'callExpr') this.#call(kind, place);
    if (kind.case === 'listExpr') this.#list(kind, place);
    if (kind.case === 'structExpr') this.#map(kind, place);
    if (kind.case === 'comprehensionExpr') this.#macro(kind, place);
  }

  #object(message: string, hint: string | null): void {
    this.objections.push({ message, hint });
  }

  #name(name: string, { locals }: Place): void {
    if (locals.includes(name) || types.includes(name)) return;
    if (Object.hasOwn(this.#names, name)) return void this.names.add(name);
    const known = Object.keys(this.#names);
    const close = nearest(name, known);
    this.#object(`unknown name \`${name}\``, close === undefined ? `there is: ${known.join(', ')}` : `did you mean \`${close}\`?`);
  }

  #select({ value }: Kind<'selectExpr'>, place: Place): void {
    this.#field(value.operand, value.field, place);
    this.visit(value.operand, place);
  }

  /** Of names whose fields are known. */
  #field(operand: Expr | undefined, field: string, { locals }: Place): void {
    const name = pathOf(operand, locals);
    const fields = name === undefined || !Object.hasOwn(this.#names, name) ? null : (this.#names[name] ?? null);
    if (fields === null) return;
    if (name === 'variables') this.variables.add(field);
    if (name === 'change') this.names.add(`change.${field}`);
    if (fields.includes(field)) return;
    const close = nearest(field, fields);
    const there = fields.length === 0 ? 'there is none before it' : `there is: ${fields.join(', ')}`;
    this.#object(`\`${name}\` has no \`${field}\``, close === undefined ? there : `did you mean \`${name}.${close}\`?`);
  }

  #call({ value: { function: name, target, args } }: Kind<'callExpr'>, place: Place): void {
    if (!this.#engine.knows(name)) this.#object(`unknown function \`${name}\``, 'see "Expressions" in docs/reference/policy.md');
    const all = target === undefined ? args : [target, ...args];
    const [first, second] = all;
    if (name === '_[_]') this.#index(first, second, place);
    if (name === 'matches') this.#pattern(second);
    if (partial.includes(name) && isIssuer(first))
      this.#object(`\`${name}\` on an issuer`, 'name the issuer as a whole: `issuer` of the subject');
    for (const each of all) this.visit(each, place);
  }

  #index(operand: Expr | undefined, index: Expr | undefined, place: Place): void {
    const field = textOf(index);
    if (field !== undefined) return this.#field(operand, field, place);
    if (operand?.exprKind.case === 'identExpr' && operand.exprKind.value.name === 'variables' && !place.locals.includes('variables')) {
      this.#object('`variables` with a computed name', 'write `variables.name`');
    }
  }

  #pattern(pattern: Expr | undefined): void {
    const text = textOf(pattern);
    if (text === undefined) this.#object('`matches` with a computed pattern', 'write the pattern as text');
    else if (!isAnchored(text)) this.#object(`the pattern \`${text}\` is not anchored`, 'write it as `^(?:…)$`, without flags');
    else this.#compiles(text);
  }

  #compiles(pattern: string): void {
    try {
      this.#engine.pattern(pattern);
    } catch (error) {
      this.#object(`the pattern \`${pattern}\`: ${messageOf(error)}`, 'patterns are RE2: https://github.com/google/re2/wiki/Syntax');
    }
  }

  #list({ value: { elements } }: Kind<'listExpr'>, place: Place): void {
    if (elements.length > limits.cel.items) this.#object(`a list of more than ${limits.cel.items} entries`, null);
    for (const element of elements) this.visit(element, place);
  }

  #map({ value: { entries, messageName } }: Kind<'structExpr'>, place: Place): void {
    if (messageName !== '') this.#object(`unknown type \`${messageName}\``, 'messages cannot be made here');
    for (const { keyKind, value } of entries) {
      if (keyKind.case === 'mapKey') this.visit(keyKind.value, place);
      this.visit(value, place);
    }
  }

  #macro({ value }: Kind<'comprehensionExpr'>, { locals, depth }: Place): void {
    const { iterVar, iterRange, accuVar, loopStep, loopCondition } = value;
    if (depth >= limits.cel.macroDepth) this.#object(`more than ${limits.cel.macroDepth} macros within each other`, 'use a variable');
    if (Object.hasOwn(this.#names, iterVar) || types.includes(iterVar))
      this.#object(`\`${iterVar}\` names something else already`, 'choose another name');
    this.visit(iterRange, { locals, depth });
    this.visit(loopStep, { locals: [...locals, iterVar, accuVar], depth: depth + 1 });
    if (loopCondition !== undefined) value.loopCondition = countedCondition(loopCondition);
  }
}

function textOf(expr: Expr | undefined): string | undefined {
  if (expr?.exprKind.case !== 'constExpr') return undefined;
  const { constantKind } = expr.exprKind.value;
  return constantKind.case === 'stringValue' ? constantKind.value : undefined;
}

/** `change`, or `change.review` however it is written; undefined for whatever is no name, and for variables of macros. */
function pathOf(expr: Expr | undefined, locals: readonly string[]): string | undefined {
  const kind = expr?.exprKind;
  if (kind?.case === 'identExpr') return locals.includes(kind.value.name) ? undefined : kind.value.name;
  if (kind?.case === 'selectExpr') return joined(pathOf(kind.value.operand, locals), kind.value.field);
  if (kind?.case !== 'callExpr' || kind.value.function !== '_[_]') return undefined;
  const [operand, index] = kind.value.args;
  return joined(pathOf(operand, locals), textOf(index));
}

function joined(path: string | undefined, field: string | undefined): string | undefined {
  return path === undefined || field === undefined ? undefined : `${path}.${field}`;
}

function isIssuer(expr: Expr | undefined): boolean {
  const kind = expr?.exprKind;
  if (kind?.case === 'selectExpr') return ['iss', 'issuer'].includes(kind.value.field);
  return kind?.case === 'callExpr' && kind.value.function === '_[_]' && ['iss', 'issuer'].includes(textOf(kind.value.args[1]) ?? '');
}
