import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { pathPattern } from './match-path.ts';

interface Rule {
  readonly negate: boolean;
  readonly mustDir: boolean;
  matches(path: string): boolean;
}

/**
 * What a `.helmignore` leaves out of a chart, as Helm reads it (helm pkg/ignore/rules.go, pkg/chart/v2/loader/directory.go): rules in order, the first that
 * matches decides; a rule that begins with `!` leaves out what it does not match; a directory that is left out takes all that it holds with it.
 * Hidden files of `templates/` are always left out.
 * @param text of the file; empty when there is none
 * @returns whether a file, by its path from the root of the chart, is left out
 * @throws HeadgateError CONTENT_REFUSED for rules that Helm refuses, and more of them than limits.publish
 */
export function helmIgnore(text: string): (path: string) => boolean {
  const rules = [...linesOf(text), 'templates/.?*'].map(ruleOf);
  const directories = new Map<string, boolean>();
  const isLeftOut = (directory: string): boolean => {
    const known = directories.get(directory);
    if (known !== undefined) return known;
    const above = directory.slice(0, Math.max(0, directory.lastIndexOf('/')));
    const left = (above !== '' && isLeftOut(above)) || isIgnored(rules, directory, true);
    directories.set(directory, left);
    return left;
  };
  return (path) => {
    const directory = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    return (directory !== '' && isLeftOut(directory)) || isIgnored(rules, path, false);
  };
}

function linesOf(text: string): readonly string[] {
  const lines = text.replace(/^\u{feff}/u, '').split('\n');
  const rules = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  if (rules.length > limits.publish.ignoreRules) throw refused(`has more than ${limits.publish.ignoreRules} rules`);
  return rules;
}

function ruleOf(line: string): Rule {
  if (line.length > limits.publish.ruleChars) throw refused(`has a rule of more than ${limits.publish.ruleChars} characters`);
  if (line.includes('**')) throw refused(`has the rule ${JSON.stringify(line)}: Helm does not know **`);
  const negate = line.startsWith('!');
  const positive = negate ? line.slice(1) : line;
  const mustDir = positive.endsWith('/');
  const path = mustDir ? positive.slice(0, -1) : positive;
  const rooted = path.startsWith('/');
  const matchesPath = compiled(rooted ? path.slice(1) : path);
  const matches = rooted || path.includes('/') ? matchesPath : (name: string) => matchesPath(name.slice(name.lastIndexOf('/') + 1));
  return { negate, mustDir, matches };
}

function compiled(pattern: string): (path: string) => boolean {
  try {
    return pathPattern(pattern);
  } catch (error) {
    throw refused(`has a rule that Helm does not understand: ${messageOf(error)}`);
  }
}

function isIgnored(rules: readonly Rule[], path: string, isDirectory: boolean): boolean {
  for (const rule of rules) {
    if (rule.negate) {
      if ((rule.mustDir && !isDirectory) || !rule.matches(path)) return true;
    } else if ((!rule.mustDir || isDirectory) && rule.matches(path)) return true;
  }
  return false;
}

function refused(why: string): HeadgateError {
  return new HeadgateError('CONTENT_REFUSED', `the chart cannot be packed: its .helmignore ${why}`);
}
