const key = Buffer.from('"refName":"refs/');
/** What is looked at of a ref after `refs/`. */
const kept = [Buffer.from('heads/'), Buffer.from('tags/')];

/**
 * Whether an event is about a ref that is neither a branch nor a tag, by its bytes alone: two in five events are, one for each comment, vote
 * and upload, and reading them takes several times as long. Gerrit writes no spaces, and a quote within a string is escaped, so that this
 * sequence is a key and its value. Events written otherwise are read as a whole, and told apart then.
 */
export function isNoise(event: Buffer): boolean {
  const at = event.indexOf(key);
  if (at < 0) return false;
  const start = at + key.length;
  return !kept.some((kind) => event.subarray(start, start + kind.length).equals(kind));
}
