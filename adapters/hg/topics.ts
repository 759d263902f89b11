/**
 * The topic extension puts work that is not finished on the branch that it is meant for: drafts that say in their `extra` which topic they are of. They are
 * heads of the topic and not of the branch, until they are published, and are nothing that could be deployed before.
 *
 * A revset of the heads that a branch has without them, closed ones among them.
 * @param of a revset of one changeset of the branch
 * @param drafts a revset of all drafts
 */
export function headsBesideTopics(of: string, drafts: string): string {
  const rest = `(branch(${of}) - (${drafts} and extra("topic")))`;
  return `heads(${rest}) - ::parents(heads(${rest}))`;
}
