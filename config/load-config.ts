import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { Problems } from '#config/problems.ts';
import { configSchema, laterConfigKeys, type AdapterSchemas, type ConfigSpec, type SinkBase, type SourceBase } from '#config/schema.ts';
import { readYamlDocuments, type Kinds, type TextFile, type YamlDocument } from '#config/yaml-documents.ts';
import { resolvePaths } from '#config/resolve-paths.ts';

/** A loaded Config: its spec, and where it came from. */
export interface Config<Source extends SourceBase, Sink extends SinkBase> extends ConfigSpec<Source, Sink> {
  /** Absolute path of the config file. */
  readonly file: string;
  /** Absolute path of the directory for what is kept on this machine beside the journal: operator.token, keys, clones. */
  readonly dataDirectory: string;
}

/**
 * Reads and checks the config file. Relative paths in it are resolved against its directory.
 * @throws HeadgateError CONFIG_UNREADABLE, or CONFIG_INVALID with a line for each problem
 */
export async function loadConfig<Source extends SourceBase, Sink extends SinkBase>(
  path: string,
  adapters: AdapterSchemas<Source, Sink>,
): Promise<Config<Source, Sink>> {
  const file = resolve(path);
  return parseConfig({ name: path, text: await readText(file) }, adapters, file);
}

/**
 * The same for text that is at hand.
 * @param file absolute path that the text stands for
 * @throws HeadgateError CONFIG_INVALID
 */
export function parseConfig<Source extends SourceBase, Sink extends SinkBase>(
  text: TextFile,
  adapters: AdapterSchemas<Source, Sink>,
  file: string,
): Config<Source, Sink> {
  const problems = new Problems();
  const schema = configSchema(adapters);
  const documents = readYamlDocuments(text, kindsWith(schema), problems);
  expectOne(documents, text.name, problems);
  problems.throwIfAny('CONFIG_INVALID');
  const [document] = documents;
  if (document === undefined) throw new HeadgateError('INTERNAL', 'a config without problems has no document');
  const { spec } = document.value as z.output<typeof schema>;
  const resolved = resolvePaths(spec, dirname(file), (at) => document.place(['spec', ...at]));
  const { sqlite, postgres } = resolved.journal;
  return { ...resolved, file, dataDirectory: sqlite ? dirname(sqlite.path) : postgres.data };
}

function kindsWith(schema: z.ZodType): Kinds {
  const elsewhere = 'policy documents belong into files of the directory that spec.policies.path names';
  return {
    known: { Config: { schema, later: laterConfigKeys } },
    refused: { GatePolicy: elsewhere, Freeze: elsewhere, Person: elsewhere },
  };
}

function expectOne(documents: readonly YamlDocument[], name: string, problems: Problems): void {
  for (const extra of documents.slice(1)) extra.report(['kind'], 'a second Config', 'keep one Config in the file');
  if (documents.length > 0 || problems.list.length > 0) return;
  problems.add({
    file: name,
    line: 1,
    column: 1,
    message: 'the file has no document',
    hint: '`headgate init` writes a Config to begin with',
  });
}

async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    throw new HeadgateError('CONFIG_UNREADABLE', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}
