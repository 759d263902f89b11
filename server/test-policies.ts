import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readDirectory } from '#config/directory-files.ts';
import type { TextFile } from '#config/yaml-documents.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { parsePolicies, requirePolicies } from '#policy/parse-policies.ts';
import { parsePolicyTests, type PolicyTest } from '#policy/parse-policy-tests.ts';
import { runPolicyTests, type PolicyTestReport } from '#policy/run-policy-tests.ts';

/** What came of the tests that name one file or directory of policies. */
export interface PolicyTestGroup extends PolicyTestReport {
  readonly policies: string;
}

/**
 * Runs the PolicyTest documents of files: nothing but files is read, and no server is asked.
 * @param names as they shall appear in messages
 * @param cwd where relative names begin
 * @throws HeadgateError POLICY_TEST_INVALID, POLICY_INVALID, POLICY_MISSING
 */
export async function testPolicies(names: readonly string[], cwd: string): Promise<readonly PolicyTestGroup[]> {
  const files = await Promise.all(names.map((name) => readTests(name, resolve(cwd, name))));
  const tests = parsePolicyTests(files);
  if (tests.length === 0) throw new HeadgateError('POLICY_TEST_INVALID', `${names.join(', ')}: no document of kind PolicyTest`);
  const groups = Map.groupBy(tests, ({ file, policies }) => resolve(cwd, dirname(file), policies));
  return Promise.all([...groups].map(([path, group]) => runGroup(path, group)));
}

async function runGroup(path: string, tests: readonly PolicyTest[]): Promise<PolicyTestGroup> {
  const set = parsePolicies(await readPolicies(path));
  requirePolicies(set, path);
  return { policies: path, ...runPolicyTests(tests, set) };
}

async function readPolicies(path: string): Promise<readonly TextFile[]> {
  try {
    if ((await stat(path)).isDirectory()) return readDirectory(path, null)?.files ?? [];
    return [{ name: path, text: await readText(path) }];
  } catch (cause) {
    throw new HeadgateError('POLICY_MISSING', `the policies cannot be read: ${messageOf(cause)}`, { cause });
  }
}

async function readTests(name: string, path: string): Promise<TextFile> {
  try {
    return { name, text: await readText(path) };
  } catch (cause) {
    throw new HeadgateError('POLICY_TEST_INVALID', `cannot read ${name}: ${messageOf(cause)}`, { cause });
  }
}

async function readText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > limits.config.fileBytes) throw new Error(`${path} is larger than ${limits.config.fileBytes} bytes`);
  return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
}
