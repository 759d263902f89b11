import { z } from 'zod';
import { HeadgateError } from '#core/errors.ts';
import type { Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import type { HgArchive, HgBackEnd, HgChangeset, HgFile, HgLine, HgNames, HgRange } from '../back-end.ts';
import type { BackEndQuestion } from '../check/question.ts';
import { isPath, isUnder, requireNode } from '../names.ts';
import { findArchive, type WebArchive } from './archives.ts';
import { checkHgweb } from './check.ts';
import { HgwebClient, type HgwebOptions } from './client.ts';
import { Histories } from './histories.ts';
import { isWithoutFiles } from './is-without-files.ts';
import { jsonIn } from './json-answer.ts';
import { narrowed } from './narrowed.ts';
import { readNames } from './read-names.ts';
import { snapshotIn, Snapshots, type Snapshot } from './snapshots.ts';
import { bytesOf, tarFiles } from './tar-files.ts';
import { Wire } from './wire.ts';

/** Asks hgweb, by HTTP alone: no hg on this machine. What it asks for is in docs/explanation/mercurial.md. */
export function createHgwebBackEnd(options: HgwebOptions): HgBackEnd {
  return new HgwebBackEnd(new HgwebClient(options));
}

const Annotated = z.object({ annotate: z.array(z.object({ node: z.string().regex(/^[0-9a-f]{40}$/), line: z.string() })) });

class HgwebBackEnd implements HgBackEnd {
  readonly by = 'hgweb';
  readonly #client: HgwebClient;
  readonly #wire: Wire;
  readonly #histories: Histories;
  readonly #snapshots: Snapshots;

  constructor(client: HgwebClient) {
    this.#client = client;
    this.#wire = new Wire(client);
    this.#histories = new Histories(client, this.#wire);
    this.#snapshots = new Snapshots((repository, node) => this.#whole(repository, node));
  }

  check(question: BackEndQuestion): Promise<readonly Finding[]> {
    return checkHgweb(this.#client, question);
  }

  async names(repository: string): Promise<HgNames> {
    return readNames(this.#client, this.#wire, repository);
  }

  async changeset(repository: string, node: string): Promise<HgChangeset | null> {
    return this.#histories.changeset(repository, requireNode(node));
  }

  async isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined> {
    return this.#histories.isAncestor(repository, requireNode(ancestor), requireNode(descendant));
  }

  async range(repository: string, base: string, head: string): Promise<HgRange> {
    const told = await this.#histories.between(repository, requireNode(base), requireNode(head));
    if (base === head) return { ...told, files: [] };
    const [before, after] = await Promise.all([this.#snapshot(repository, base), this.#snapshot(repository, head)]);
    return { ...told, files: differing(before, after) };
  }

  async files(repository: string, node: string, path: string): Promise<readonly HgFile[]> {
    await this.#wire.requireKnown(repository, requireNode(node));
    if (!isPath(path)) return [];
    const held = path === '' ? await this.#snapshots.of(repository, node) : await this.#under(repository, node, path);
    if (held === null) throw new HeadgateError('CONTENT_TOO_LARGE', `${repository} has more than ${limits.hg.files} files at ${node}`);
    const files = [...held].filter(([name]) => isUnder(name, path)).map(([name, { kind }]) => ({ path: name, kind }));
    return files.toSorted((one, other) => byBytes(one.path, other.path));
  }

  async file(repository: string, node: string, path: string): Promise<Uint8Array | null> {
    await this.#wire.requireKnown(repository, requireNode(node));
    const archive = path === '' || !isPath(path) ? undefined : await findArchive(this.#client, repository, node, path);
    if (archive === undefined) return null;
    // raw-file would do, but not for names that Latin-1 lacks: hgweb puts them into a header.
    for await (const file of tarFiles(archive)) {
      if (file.path === path) return await bytesOf(file, limits.hg.fileBytes);
      if (file.path.startsWith(`${path}/`)) return null;
    }
    return null;
  }

  async annotate(repository: string, node: string, path: string): Promise<readonly HgLine[]> {
    await this.#wire.requireKnown(repository, requireNode(node));
    if (path === '' || !isPath(path)) return [];
    if (!/^[\x20-\x7e\t]*$/.test(path))
      throw new HeadgateError('SOURCE_REFUSED', `hgweb annotates no file whose name is not ASCII: ${path}`);
    const found = await jsonIn(this.#client, repository, { command: 'annotate', query: { style: 'json', node, file: path } }, Annotated);
    return (found?.annotate ?? []).map((line) => ({ node: line.node, text: line.line.replace(/\n$/, '') }));
  }

  async archive(repository: string, node: string, path: string): Promise<HgArchive> {
    await this.#wire.requireKnown(repository, requireNode(node));
    const archive = await this.#open(repository, node, path);
    if (!archive.isWider) return archive;
    // Whether anything lies there shows only when all has been read.
    if ((await snapshotIn(narrowed(archive, path)))?.size === 0) throw nothingAt(repository, node, path);
    return narrowed(await this.#open(repository, node, path), path);
  }

  /** @throws HeadgateError SOURCE_REFUSED where nothing lies there */
  async #open(repository: string, node: string, path: string): Promise<WebArchive> {
    const found = isPath(path) ? await findArchive(this.#client, repository, node, path) : undefined;
    if (found) return found;
    throw nothingAt(repository, node, path);
  }

  /** Null also where the files are too large to be compared. */
  async #snapshot(repository: string, node: string): Promise<Snapshot> {
    try {
      return await this.#snapshots.of(repository, node);
    } catch (error) {
      if (error instanceof HeadgateError && error.code === 'CONTENT_TOO_LARGE') return null;
      throw error;
    }
  }

  /** @throws HeadgateError SOURCE_REFUSED where there is no archive, though there are files */
  async #whole(repository: string, node: string): Promise<Snapshot> {
    const archive = await findArchive(this.#client, repository, node, '');
    if (archive) return snapshotIn(archive);
    if (await isWithoutFiles(this.#client, repository, node)) return new Map();
    throw nothingAt(repository, node, '');
  }

  /** Empty where nothing is. */
  async #under(repository: string, node: string, path: string): Promise<Snapshot> {
    const archive = await findArchive(this.#client, repository, node, path);
    return archive ? snapshotIn(archive) : new Map();
  }
}

function nothingAt(repository: string, node: string, path: string): HeadgateError {
  return new HeadgateError('SOURCE_REFUSED', `${repository} has nothing at ${JSON.stringify(path.slice(0, 80))} of ${node}`);
}

function differing(before: Snapshot, after: Snapshot): readonly string[] | null {
  if (before === null || after === null) return null;
  const paths = [...new Set([...before.keys(), ...after.keys()])].filter((path) => {
    const [one, other] = [before.get(path), after.get(path)];
    return one?.kind !== other?.kind || one?.hash !== other?.hash;
  });
  return paths.length > limits.hg.files ? null : paths.toSorted(byBytes);
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
