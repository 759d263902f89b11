import type { z } from 'zod';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';

/** Before every JSON body ("REST API", Output Format), so that no browser takes it for a script; errors and plugins go without. */
const PREFIX = Buffer.from(")]}'\n", 'latin1');

/** The JSON of a body, without that one line; undefined for a body that is empty. @throws Error when it is none */
export function jsonOf(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  const json = body.subarray(0, PREFIX.length).equals(PREFIX) ? body.subarray(PREFIX.length) : body;
  return parseJson(json, limits.http.jsonDepth);
}

/** @throws Error that names the fields which are not as documented */
export function parsed<T>(schema: z.ZodType<T>, data: unknown): T {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const fields = result.error.issues.slice(0, 5).map((issue) => issue.path.join('.') || 'the whole');
  throw new Error(`the answer is not as documented: ${fields.join(', ')}`);
}

/** What an error says: plain text without that line ("REST API", Response Codes), here in one line and bounded. */
export function messageIn(body: Buffer): string {
  const { saidChars } = limits.gerritRest;
  const line = body
    .subarray(0, 4 * saidChars)
    .toString('utf8')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return line.length > saidChars ? `${line.slice(0, saidChars)}…` : line;
}
