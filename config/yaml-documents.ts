import { LineCounter, parseAllDocuments, type Document } from 'yaml';
import { z } from 'zod';
import { limits } from '#core/limits.ts';
import { describeIssue, OWN_WORDS, type Finding } from '#config/describe-issue.ts';
import { nearest } from '#config/nearest.ts';
import type { Problems } from '#config/problems.ts';
import { child, inputSchema, type JsonSchema } from '#config/schema-keys.ts';
import { SourceMap, type Path } from '#config/source-map.ts';

export interface TextFile {
  /** As it shall appear in messages. */
  readonly name: string;
  readonly text: string;
}

/** How the documents of one `kind` look. */
export interface KindSchema {
  /** Of the whole document, `apiVersion` and `kind` included. */
  readonly schema: z.ZodType;
  /** Keys that a later version knows, as `spec.identity`, with what to do meanwhile. */
  readonly later?: Readonly<Record<string, string>>;
}

export interface Kinds {
  readonly known: Readonly<Record<string, KindSchema>>;
  /** Kinds that exist elsewhere or later, with what to do instead. */
  readonly refused: Readonly<Record<string, string>>;
}

export interface YamlDocument {
  readonly kind: string;
  /** What the kind's schema made of it. */
  readonly value: unknown;
  readonly file: string;
  /** `file:line:column` of the value at a path. */
  place(path: Path): string;
  /** Notes a problem at the value of a path. */
  report(path: Path, message: string, hint: string | null): void;
}

/**
 * Reads every document of a YAML file by the schema of its `kind`. Whatever is wrong goes to `problems` with file, line,
 * column and hint; a document with problems is not among the answers. Never throws for any text.
 */
export function readYamlDocuments(file: TextFile, kinds: Kinds, problems: Problems): readonly YamlDocument[] {
  if (Buffer.byteLength(file.text) > limits.config.fileBytes) {
    problems.add({ file: file.name, line: 1, column: 1, message: `the file is larger than ${limits.config.fileBytes} bytes`, hint: null });
    return [];
  }
  const lines = new LineCounter();
  const parsed = parseAllDocuments(file.text, { lineCounter: lines, prettyErrors: false, stringKeys: true, logLevel: 'silent' });
  const documents = Array.isArray(parsed) ? parsed : [];
  return documents.flatMap((document) => new Reader(file.name, document, lines, kinds, problems).read());
}

/** Reads one document. */
class Reader {
  readonly #file: string;
  readonly #document: Document;
  readonly #map: SourceMap;
  readonly #kinds: Kinds;
  readonly #problems: Problems;

  constructor(file: string, document: Document, lines: LineCounter, kinds: Kinds, problems: Problems) {
    this.#file = file;
    this.#document = document;
    this.#map = new SourceMap(document, lines);
    this.#kinds = kinds;
    this.#problems = problems;
  }

  read(): readonly YamlDocument[] {
    if (this.#hasSyntaxErrors()) return [];
    const content = this.#content();
    if (content === undefined || content.value === null) return []; // a stray `---` or a file of comments
    const { value } = content;
    const kind = this.#kind(value);
    const known = kind === undefined ? undefined : this.#kinds.known[kind];
    if (kind === undefined || known === undefined) return [];
    const result = known.schema.safeParse(value, { error: () => OWN_WORDS });
    if (result.success) return [this.#documentOf(kind, result.data)];
    let json: JsonSchema | undefined;
    const context = { schema: () => (json ??= inputSchema(known.schema)), input: value, later: known.later ?? {} };
    for (const finding of result.error.issues.flatMap((issue) => describeIssue(issue, context))) this.#note(finding);
    return [];
  }

  /** Warnings count too: YAML warns where it guesses, for example at unknown tags. */
  #hasSyntaxErrors(): boolean {
    const errors = [...this.#document.errors, ...this.#document.warnings];
    for (const { code, message, pos } of errors) {
      this.#problems.add({
        file: this.#file,
        ...this.#map.at(pos[0]),
        message: `not valid YAML: ${message}`,
        hint: yamlHints[code] ?? null,
      });
    }
    return errors.length > 0;
  }

  /** Aliases are bounded: a few hundred bytes of them can stand for gigabytes. */
  #content(): { readonly value: unknown } | undefined {
    try {
      return { value: this.#document.toJS({ maxAliasCount: limits.config.yamlAliases }) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#note({ path: [], at: 'value', message: `not usable YAML: ${message}`, hint: 'write the values out instead of using aliases' });
      return undefined;
    }
  }

  #kind(value: unknown): string | undefined {
    const kind = child(value, 'kind');
    const known = Object.keys(this.#kinds.known);
    if (typeof kind !== 'string') {
      this.#note({
        path: ['kind'],
        at: 'value',
        message: '`kind` is missing',
        hint: `begin with apiVersion: ${API_VERSION} and kind: ${known.join(' or ')}`,
      });
    } else if (Object.hasOwn(this.#kinds.refused, kind)) {
      this.#note({ path: ['kind'], at: 'value', message: `a ${kind} cannot be used here`, hint: this.#kinds.refused[kind] ?? null });
    } else if (Object.hasOwn(this.#kinds.known, kind)) {
      return kind;
    } else {
      const close = nearest(kind, known);
      const hint = close === undefined ? `known here: ${known.join(', ')}` : `did you mean \`${close}\`?`;
      this.#note({ path: ['kind'], at: 'value', message: `unknown kind \`${kind}\``, hint });
    }
    return undefined;
  }

  #note({ path, at, message, hint }: Finding): void {
    this.#problems.add({ file: this.#file, ...this.#map[at](path), message, hint });
  }

  #documentOf(kind: string, value: unknown): YamlDocument {
    return {
      kind,
      value,
      file: this.#file,
      place: (path) => {
        const { line, column } = this.#map.value(path);
        return `${this.#file}:${line}:${column}`;
      },
      report: (path, message, hint) => this.#note({ path, at: 'value', message, hint }),
    };
  }
}

const API_VERSION = 'headgate.dev/v1alpha1';

/** The schema of a document of that kind with that spec. */
export function documentSchema<K extends string, S extends z.ZodType, M extends z.ZodRawShape>(kind: K, spec: S, more: M) {
  return z.strictObject({
    apiVersion: z.literal(API_VERSION).describe('Version of the format.'),
    kind: z.literal(kind).describe('What the document is.'),
    ...more,
    spec,
  });
}

const yamlHints: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'keep one of the two',
  TAB_AS_INDENT: 'indent with spaces',
  TAG_RESOLVE_FAILED: 'remove the tag',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  NON_STRING_KEY: 'keys are plain words',
};
