/** A name, an address and a moment (RFC 3339, UTC). */
export interface Signature {
  readonly name: string;
  readonly email: string;
  readonly date: string;
}

export interface CommitFacts {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

/** For `git log -z`: one field a line, the message last. */
export const COMMIT_FORMAT = '--format=%H%n%T%n%P%n%an%n%ae%n%at%n%cn%n%ce%n%ct%n%B';

/** Takes the output of `git log -z` in COMMIT_FORMAT apart. */
export function commitFacts(output: string): readonly CommitFacts[] {
  return output
    .split('\0')
    .filter((block) => block !== '')
    .map(oneCommit);
}

function oneCommit(block: string): CommitFacts {
  const [sha = '', tree = '', parents = '', an = '', ae = '', at = '', cn = '', ce = '', ct = '', ...message] = block.split('\n');
  return {
    sha,
    tree,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    author: { name: an, email: ae, date: moment(at) },
    committer: { name: cn, email: ce, date: moment(ct) },
    message: message.join('\n').trimEnd(),
  };
}

/** Takes a commit object apart; undefined when it is one that git should read: in another encoding, or unusual. */
export function parseCommit(sha: string, content: Buffer): CommitFacts | undefined {
  const text = content.toString('utf8');
  const end = text.indexOf('\n\n');
  const lines = text.slice(0, end).split('\n');
  const values = (name: string): readonly string[] =>
    lines.flatMap((line) => (line.startsWith(`${name} `) ? line.slice(name.length + 1) : []));
  const [tree] = values('tree');
  const author = signature(values('author')[0]);
  const committer = signature(values('committer')[0]);
  if (end < 0 || !tree || !author || !committer || values('encoding').length > 0) return undefined;
  return { sha, tree, parents: values('parent'), author, committer, message: text.slice(end + 2).trimEnd() };
}

function signature(text = ''): Signature | undefined {
  const [, name, email, at] = /^([^<>]*?) <([^<>]*)> (\d+) [+-]\d{4}$/.exec(text) ?? [];
  return name === undefined || email === undefined || at === undefined ? undefined : { name, email, date: moment(at) };
}

/** @param seconds since the epoch */
function moment(seconds: string): string {
  return new Date(Number(seconds) * 1_000).toISOString().replace('.000Z', 'Z');
}
