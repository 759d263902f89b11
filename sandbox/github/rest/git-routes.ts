import { notFound, ok, RestError, type Answer } from '#sandbox/github/rest/answer.ts';
import { nodeId } from '#sandbox/github/rest/account-answer.ts';
import { param, type RepositoryCall, type RepositoryView, type Route } from '#sandbox/github/rest/call.ts';
import type { GitRef, TreeEntry } from '#sandbox/github/rest/git-facts.ts';

/** The endpoints of the Git database (docs.github.com "REST API endpoints for Git database"). @param settings read at each request */
export function gitRoutes(settings: { readonly treeEntries: number }): readonly Route<RepositoryCall>[] {
  return [
    { method: 'GET', pattern: /^\/git\/ref\/(.+)$/, answer: oneRef },
    { method: 'GET', pattern: /^\/git\/matching-refs\/(.*)$/, answer: matchingRefs },
    { method: 'GET', pattern: /^\/git\/tags\/([^/]+)$/, answer: tagObject },
    { method: 'GET', pattern: /^\/git\/trees\/([^/]+)$/, answer: (call) => tree(call, settings.treeEntries) },
    { method: 'GET', pattern: /^\/git\/blobs\/([^/]+)$/, answer: blob },
  ];
}

async function oneRef(call: RepositoryCall): Promise<Answer> {
  const found = await call.repository.git.ref(`refs/${param(call)}`);
  if (found === undefined) throw await absent(call.repository);
  return ok(refAnswer(call.repository, found));
}

async function matchingRefs(call: RepositoryCall): Promise<Answer> {
  const found = await call.repository.git.refs(`refs/${param(call)}`);
  return ok(found.map((ref) => refAnswer(call.repository, ref)));
}

async function tagObject(call: RepositoryCall): Promise<Answer> {
  const { repository } = call;
  const sha = param(call);
  const text = await repository.git.tagObject(sha);
  if (text === undefined) throw notFound();
  const [head = '', ...message] = text.split('\n\n');
  const field = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(head)?.[1] ?? '';
  const [, name = '', email = '', at = '0'] = /^(.*) <(.*)> (\d+) /.exec(field('tagger')) ?? [];
  const [object, type] = [field('object'), field('type')];
  return ok({
    node_id: nodeId('Tag', sha),
    tag: field('tag'),
    sha,
    url: `${repository.api}/git/tags/${sha}`,
    message: message.join('\n\n'),
    tagger: { name, email, date: new Date(Number(at) * 1_000).toISOString() },
    object: { sha: object, type, url: `${repository.api}/git/${type}s/${object}` },
    verification: tagVerification(text),
  });
}

/** Keys of others nobody has registered here. The signature of a tag is the end of its message. */
function tagVerification(text: string): object {
  const begin = text.lastIndexOf('\n-----BEGIN ') + 1;
  const fields = begin === 0 ? { signature: null, payload: null } : { signature: text.slice(begin), payload: text.slice(0, begin) };
  return { verified: false, reason: begin === 0 ? 'unsigned' : 'unknown_key', ...fields, verified_at: null };
}

async function tree(call: RepositoryCall, most: number): Promise<Answer> {
  const { repository } = call;
  // Any value counts, `0` and `false` too: so it is documented.
  const found = await repository.git.tree(param(call), call.url.searchParams.has('recursive'));
  if (found === undefined) throw await absent(repository);
  return ok({
    sha: found.sha,
    url: `${repository.api}/git/trees/${found.sha}`,
    tree: found.entries.slice(0, most).map((entry) => entryAnswer(repository, entry)),
    truncated: found.entries.length > most,
  });
}

/** docs.github.com "Get a blob": base64 in lines of 60 characters, as GitHub sends it. */
async function blob(call: RepositoryCall): Promise<Answer> {
  const { repository } = call;
  const sha = param(call);
  const content = await repository.git.blob(sha);
  if (content === undefined) throw notFound();
  return ok({
    sha,
    node_id: nodeId('Blob', sha),
    size: content.byteLength,
    url: `${repository.api}/git/blobs/${sha}`,
    content: content.toString('base64').replaceAll(/.{60}/g, '$&\n'),
    encoding: 'base64',
  });
}

function refAnswer(repository: RepositoryView, { ref, sha, type }: GitRef): object {
  return {
    ref,
    node_id: nodeId('Ref', `${repository.id}:${ref}`),
    url: `${repository.api}/git/${ref}`,
    object: { sha, type, url: `${repository.api}/git/${type}s/${sha}` },
  };
}

function entryAnswer(repository: RepositoryView, { path, mode, type, sha, size }: TreeEntry): object {
  const entry = { path, mode, type, sha, ...(size === undefined ? {} : { size }) };
  return type === 'commit' ? entry : { ...entry, url: `${repository.api}/git/${type}s/${sha}` };
}

/** A repository without any ref conflicts with the question itself. */
async function absent(repository: RepositoryView): Promise<RestError> {
  return (await repository.git.refs()).length === 0 ? new RestError(409, 'Git Repository is empty.') : notFound();
}
