import { limits } from '#core/limits.ts';
import type { RepositoryFile } from '#core/repository-file.ts';
import { readOwnerPattern, type OwnerPattern } from './owner-pattern.ts';

/** Who owns what in a repository. */
export interface CodeOwners {
  /** In the order of the file: the last one that fits a path counts. */
  readonly rules: readonly OwnerRule[];
  /** Lines that GitHub skips, and so do we. The first ones. */
  readonly problems: readonly OwnersProblem[];
  /** In words, why nothing can be said of the file; null for one that can be used. */
  readonly unusable: string | null;
}

export interface OwnerRule extends OwnerPattern {
  /** `.github/CODEOWNERS:3`. */
  readonly place: string;
  /** `@login`, `@org/team` or an email address, as they are written. Empty: whatever fits has no owner. */
  readonly owners: readonly string[];
}

export interface OwnersProblem {
  readonly place: string;
  readonly message: string;
}

/** A user name, a team of an organisation, an address. */
const owner = /^(?:@[A-Za-z0-9][A-Za-z0-9-_]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)?|[^\s@]+@[^\s@]+)$/;

/** Reads a file of code owners: docs.github.com, "About code owners". Sections of GitLab and Gitea are none of GitHub's. */
export function parseOwners({ path, text }: RepositoryFile): CodeOwners {
  if (Buffer.byteLength(text, 'utf8') > limits.owners.fileBytes) return unusable(`${path} is larger than ${limits.owners.fileBytes} bytes`);
  const read = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((line, index) => readLine(line, `${path}:${index + 1}`));
  const rules = read.filter((each) => 'owners' in each);
  if (rules.length > limits.owners.rules) return unusable(`${path} has more than ${limits.owners.rules} rules`);
  return { rules, problems: read.filter((each) => 'message' in each).slice(0, limits.owners.problems), unusable: null };
}

function unusable(why: string): CodeOwners {
  return { rules: [], problems: [], unusable: why };
}

/** Nothing of a blank line or a comment. */
function readLine(line: string, place: string): readonly (OwnerRule | OwnersProblem)[] {
  const [pattern, ...owners] = wordsOf(line);
  if (pattern === undefined) return [];
  const read = readOwnerPattern(pattern);
  if ('problem' in read) return [{ place, message: read.problem }];
  const stranger = owners.find((each) => !owner.test(each));
  if (stranger !== undefined) return [{ place, message: `\`${stranger.slice(0, 100)}\` is no @user, no @org/team and no email address` }];
  if (owners.length > limits.owners.owners) return [{ place, message: `it has more than ${limits.owners.owners} owners` }];
  return [{ ...read, place, owners }];
}

/** Words are set apart by white space, but for an escaped space of the pattern. A word that begins with `#` begins a comment. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/(?:\\[^]|[^\s\\]|\\$)+/g) ?? [];
  const comment = words.findIndex((word) => word.startsWith('#'));
  return comment < 0 ? words : words.slice(0, comment);
}
