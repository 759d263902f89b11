/**
 * The value that a message of Gerrit's says was given for a label; 0 when it says that the vote was taken back, undefined when it says nothing of it.
 * `Patch Set 3: Code-Review+2 -Verified`, `Uploaded patch set 1: Code-Review+2.` (server/util/LabelVote.java, ChangeMessagesUtil.java). That
 * is the first line; what people write comes below an empty one.
 */
export function sayingOf(message: string, label: string): number | undefined {
  const [first = ''] = message.split('\n', 1);
  const [, votes] = /^(?:Uploaded patch set|Patch Set) \d+: (.*?)\.?$/.exec(first) ?? [];
  for (const word of votes?.split(' ') ?? []) {
    if (word === `-${label}`) return 0;
    const value = word.startsWith(label) ? word.slice(label.length) : '';
    if (/^[+-]\d{1,5}$/.test(value)) return Number(value);
  }
  return undefined;
}
