import type { YamlDocument } from '#config/yaml-documents.ts';
import { compileExpression, type Expression } from '#policy/cel/compile.ts';
import type { Names } from '#policy/cel/check-expression.ts';
import type { CelEngine } from '#policy/cel/engine.ts';
import type { GatePolicyDocument, SubjectRule } from '#policy/documents.ts';
import { evidenceFields } from '#policy/evidence.ts';
import type { Validation, Variable } from '#policy/validation.ts';

/** The rules of a policy that have expressions. */
export interface ConditionRules {
  readonly subjects: readonly SubjectRule[] | null;
  readonly variables: readonly Variable[];
  readonly validations: readonly Validation[];
  readonly readsSignatures: boolean;
  readonly readsReview: boolean;
}

type Path = Parameters<YamlDocument['report']>[0];
type Written = { readonly expression: string; readonly message: string };

/** Compiles the expressions of a policy; what is wrong with one is noted at its place in the document. */
export function parseConditions(document: YamlDocument, spec: GatePolicyDocument['spec'], engine: CelEngine): ConditionRules {
  const compiler = new Compiler(document, engine, namesFor(spec));
  const variables = spec.variables.flatMap(({ name, expression }, index) => {
    if (spec.variables.findIndex((other) => other.name === name) < index)
      document.report(['spec', 'variables', index, 'name'], `the name \`${name}\` is taken`, 'by an earlier variable');
    const compiled = compiler.compile(expression, ['spec', 'variables', index, 'expression'], before(spec, index));
    return compiled === undefined ? [] : [{ name, expression: compiled }];
  });
  const all = before(spec, spec.variables.length);
  const validations = compiler.validations(spec.validations, ['spec', 'validations'], all);
  const subjects = spec.subjects?.map((subject, index) => ({
    ...subject,
    validations: compiler.validations(subject.validations, ['spec', 'subjects', index, 'validations'], all),
  }));
  const expressions = [...variables, ...validations, ...(subjects ?? []).flatMap((subject) => subject.validations)];
  const reads = (name: string): boolean => expressions.some(({ expression: { names } }) => names.includes(name));
  const readsSignatures = reads('change.signedBy') || reads('change.tag');
  return { subjects: subjects ?? null, variables, validations, readsSignatures, readsReview: reads('change.review') };
}

function before({ variables }: GatePolicyDocument['spec'], index: number): readonly string[] {
  return variables.slice(0, index).map(({ name }) => name);
}

/** A policy without `subjects` may be asked about nobody: an expression about claims would deny everything. */
function namesFor({ subjects }: GatePolicyDocument['spec']): Names {
  const { subject, person, actor, change, review, target } = evidenceFields;
  return {
    change,
    'change.review': review,
    actor,
    target,
    now: null,
    ...(subjects === undefined ? {} : { claims: null, subject, person }),
  };
}

class Compiler {
  readonly #document: YamlDocument;
  readonly #engine: CelEngine;
  readonly #names: Names;

  constructor(document: YamlDocument, engine: CelEngine, names: Names) {
    this.#document = document;
    this.#engine = engine;
    this.#names = names;
  }

  compile(text: string, path: Path, variables: readonly string[]): Expression | undefined {
    const compiled = compileExpression(this.#engine, text, { ...this.#names, variables });
    if ('evaluate' in compiled) return compiled;
    for (const { message, hint } of compiled) this.#document.report(path, message, hint);
    return undefined;
  }

  validations(written: readonly Written[], path: Path, variables: readonly string[]): readonly Validation[] {
    return written.flatMap(({ expression, message }, index) => {
      const compiled = this.compile(expression, [...path, index, 'expression'], variables);
      return compiled === undefined ? [] : [{ expression: compiled, message }];
    });
  }
}
