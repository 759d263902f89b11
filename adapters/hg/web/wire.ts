import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { HgwebClient, Question } from './client.ts';
import { templateHint } from './refusals.ts';

/**
 * The commands that `hg` itself uses ("hg help internals.wireprotocol"): without them nobody could clone. Nodes that they take are looked up as
 * nodes and as nothing else.
 */
export class Wire {
  readonly #client: HgwebClient;

  constructor(client: HgwebClient) {
    this.#client = client;
  }

  /** Branch → its heads, closed ones among them. */
  async branchmap(repository: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const lines = (await this.#ask(repository, { command: 'branchmap' })).split('\n').filter((line) => line !== '');
    return new Map(
      lines.map((line) => {
        const [name = '', ...heads] = line.split(' ');
        return [this.#decoded(repository, name), heads.map((head) => this.#node(repository, head))];
      }),
    );
  }

  async bookmarks(repository: string): Promise<ReadonlyMap<string, string>> {
    const lines = (await this.#ask(repository, { command: 'listkeys', query: { namespace: 'bookmarks' } }))
      .split('\n')
      .filter((line) => line !== '');
    return new Map(
      lines.map((line) => {
        const tab = line.lastIndexOf('\t');
        return [line.slice(0, tab), this.#node(repository, line.slice(tab + 1))];
      }),
    );
  }

  /** Whether the host shows changesets of these nodes. */
  async known(repository: string, nodes: readonly string[]): Promise<readonly boolean[]> {
    const answer = (await this.#ask(repository, { command: 'known', query: { nodes: nodes.join(' ') } })).trim();
    if (!/^[01]*$/.test(answer) || answer.length !== nodes.length) throw this.#odd(repository, 'known');
    return answer.split('').map((one) => one === '1');
  }

  /** @throws HeadgateError SOURCE_REFUSED */
  async requireKnown(repository: string, node: string): Promise<void> {
    const [isKnown] = await this.known(repository, [node]);
    if (isKnown !== true) throw new HeadgateError('SOURCE_REFUSED', `${repository} has no changeset ${node}`);
  }

  async #ask(repository: string, question: Question): Promise<string> {
    const answer = await this.#client.read(repository, question);
    if (answer === undefined) throw new HeadgateError('SOURCE_REFUSED', `there is no repository ${repository}`);
    const type = answer.headers.get('content-type') ?? '';
    const body = answer.body.toString('utf8');
    if (type.startsWith('application/hg-error'))
      throw new HeadgateError('SOURCE_REFUSED', `${repository}: hgweb says: ${body.trim().slice(0, limits.hgweb.saidChars)}`);
    if (!type.startsWith('application/mercurial-')) throw this.#odd(repository, question.command);
    return body;
  }

  #node(repository: string, text: string): string {
    if (/^[0-9a-f]{40}$/.test(text)) return text;
    throw this.#odd(repository, 'heads');
  }

  #decoded(repository: string, name: string): string {
    try {
      return decodeURIComponent(name);
    } catch {
      throw this.#odd(repository, 'branchmap');
    }
  }

  #odd(repository: string, command: string): HeadgateError {
    return new HeadgateError('SOURCE_REFUSED', `what answers for ${repository} is not Mercurial (?cmd=${command})`, { hint: templateHint });
  }
}
