const key = Buffer.from('"refName":"refs/');
/** What is looked at of a ref after `refs/`. */
const kept = [Buffer.from('heads/'), Buffer.from('tags/')];

/**
 * Whether an event is about a ref that is neither a branch nor a tag, by its bytes alone: two in five events are, one for each comment, vote
 * and upload, and reading them as JSON takes most of the time. Gerrit writes no spaces, and a quote within a string is escaped, so that this
 * sequence is a key and its value. Events written otherwise are read as a whole, and told apart then.
 */
export function isNoise(event: Buffer): boolean {
  const at = event.indexOf(key);
  return at >= 0 && !kept.some((kind) => event.compare(kind, 0, kind.length, at + key.length, at + key.length + kind.length) === 0);
}
