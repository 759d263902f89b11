import { accountOfEmail, nodeId } from '#sandbox/github/rest/account-answer.ts';
import type { RepositoryCall, RepositoryView } from '#sandbox/github/rest/call.ts';
import type { ChangedFile } from '#sandbox/github/rest/changed-files.ts';
import type { CommitFacts } from '#sandbox/github/rest/commit-facts.ts';
import { WEB_FLOW_EMAIL, webFlowSignature } from '#sandbox/github/web-flow.ts';

const UNSIGNED = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null } as const;

/** `commit`. */
export function commitAnswer({ api, repository }: Pick<RepositoryCall, 'api' | 'repository'>, commit: CommitFacts): object {
  const { sha, tree, parents, author, committer, message } = commit;
  const url = `${repository.api}/commits/${sha}`;
  return {
    sha,
    node_id: nodeId('Commit', sha),
    commit: {
      author,
      committer,
      message,
      tree: { sha: tree, url: `${repository.api}/git/trees/${tree}` },
      url: `${repository.api}/git/commits/${sha}`,
      comment_count: 0,
      verification: verificationOf(commit),
    },
    url,
    html_url: commitPage(repository, sha),
    comments_url: `${url}/comments`,
    author: accountOfEmail(api, author.email),
    committer: accountOfEmail(api, committer.email),
    parents: parents.map((parent) => ({
      sha: parent,
      url: `${repository.api}/commits/${parent}`,
      html_url: commitPage(repository, parent),
    })),
  };
}

/** `verification`: what GitHub signed itself is verified; keys of others nobody has registered here. */
function verificationOf({ signed, committer }: CommitFacts): object {
  if (signed === null) return UNSIGNED;
  const { signature, payload } = signed;
  const verified = committer.email === WEB_FLOW_EMAIL && signature.trimEnd() === webFlowSignature(payload);
  return {
    verified,
    reason: verified ? 'valid' : 'unknown_key',
    signature,
    payload,
    verified_at: verified ? committer.date : null,
  };
}

/** `diff-entry`. @param sha of the commit whose file it is; a patch is left out where there is none, as GitHub leaves out large ones */
export function fileAnswer(repository: RepositoryView, sha: string, file: ChangedFile, patch?: string): object {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.blob,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${repository.page}/blob/${sha}/${path}`,
    raw_url: `${repository.page}/raw/${sha}/${path}`,
    contents_url: `${repository.api}/contents/${path}?ref=${sha}`,
    ...(file.from === undefined ? {} : { previous_filename: file.from }),
    ...(patch === undefined ? {} : { patch }),
  };
}

function commitPage(repository: RepositoryView, sha: string): string {
  return `${repository.page}/commit/${sha}`;
}
