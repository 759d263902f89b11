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
  /** As it stands in the object, and what of it was signed; null = it carries none, or nobody looked. */
  readonly signed: { readonly signature: string; readonly payload: string } | null;
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
    signed: null,
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
  const message = text.slice(end + 2).trimEnd();
  return { sha, tree, parents: values('parent'), author, committer, message, signed: signedPart(text, end) };
}

/** Header `gpgsig`, whose lines go on indented by a space, and the object without it. @param end of the headers */
function signedPart(text: string, end: number): CommitFacts['signed'] {
  const [header, lines] = /^gpgsig (.*(?:\n .*)*)\n?/m.exec(text.slice(0, end)) ?? [];
  if (header === undefined || lines === undefined) return null;
  const begin = text.indexOf(header);
  const whole = header.endsWith('\n') ? header.length : header.length + 1;
  return { signature: lines.replaceAll('\n ', '\n'), payload: text.slice(0, begin) + text.slice(begin + whole) };
}

function signature(text = ''): Signature | undefined {
  const [, name, email, at] = /^([^<>]*?) <([^<>]*)> (\d+) [+-]\d{4}$/.exec(text) ?? [];
  return name === undefined || email === undefined || at === undefined ? undefined : { name, email, date: moment(at) };
}

/** @param seconds since the epoch */
function moment(seconds: string): string {
  return new Date(Number(seconds) * 1_000).toISOString().replace('.000Z', 'Z');
}
