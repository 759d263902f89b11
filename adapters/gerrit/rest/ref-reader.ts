import { fullCommitId } from '#core/commit-id.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { ReadBack, RefHead } from '#core/ports/read-back.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { isFullRef } from '#core/refs.ts';
import { z } from 'zod';
import { AccessCheck, BranchInfo } from './change-info.ts';
import { present, type GerritClient } from './client.ts';
import { branchPath, projectPath, query } from './paths.ts';

const { branchesAsked, branchPage, branchPages } = limits.gerritRest;

/** A branch's commit, null where there is no such branch that may be seen, undefined for what REST does not tell: a symbolic ref. */
type Branch = RefHead | null | undefined;

/**
 * Where refs of a project stand. Branches are asked for by REST; what is no branch, and tags, by git, which lists what annotated tags lead to
 * in the end: REST names the next object alone.
 */
export class RefReader {
  readonly #client: GerritClient;
  readonly #git: Pick<ReadBack, 'heads'>;
  readonly #log: Log;
  /** Refs that were told of already: they are not seen, and it is not known why. */
  readonly #doubted = new Set<string>();

  constructor(client: GerritClient, git: Pick<ReadBack, 'heads'>, log: Log) {
    this.#client = client;
    this.#git = git;
    this.#log = log;
  }

  /** @throws HeadgateError as ReadBack; SOURCE_REFUSED also for a branch of which Gerrit says that it may not be read */
  async heads(project: string, refs: readonly string[]): Promise<ReadonlyMap<string, RefHead | null>> {
    const branches = refs.filter((ref) => isFullRef(ref) && ref.startsWith('refs/heads/'));
    const found = await this.#branches(project, branches);
    const others = refs.filter((ref) => found.get(ref) === undefined);
    const byGit = others.length === 0 ? undefined : await this.#git.heads(project, others);
    return new Map(refs.map((ref) => [ref, found.get(ref) ?? byGit?.get(ref) ?? null]));
  }

  async #branches(project: string, refs: readonly string[]): Promise<ReadonlyMap<string, Branch>> {
    const listed = refs.length > branchesAsked ? await this.#list(project) : undefined;
    const found = await Promise.all(
      refs.map(async (ref) => [ref, listed?.complete ? (listed.branches.get(ref) ?? null) : await this.#branch(project, ref)] as const),
    );
    const absent = found.filter(([, head]) => head === null);
    await Promise.all(absent.map(([ref]) => this.#judgeAbsence(project, ref)));
    return new Map(found);
  }

  async #branch(project: string, ref: string): Promise<Branch> {
    const found = await this.#client.get(BranchInfo, branchPath(project, ref));
    if ('missing' in found) return found.missing.status === 404 ? null : present(found, `${ref} of ${project}`);
    return found.data.ref === ref ? headOf(found.data) : null;
  }

  /** Every branch that may be seen, page by page. */
  async #list(project: string): Promise<{ readonly branches: ReadonlyMap<string, RefHead | undefined>; readonly complete: boolean }> {
    const branches = new Map<string, RefHead | undefined>();
    for (let page = 0; page < branchPages; page++) {
      const path = `${projectPath(project)}/branches/${query({ n: branchPage, S: page * branchPage })}`;
      const listed = present(await this.#client.get(z.array(BranchInfo), path), project);
      for (const info of listed) branches.set(info.ref, headOf(info));
      if (listed.length < branchPage) return { branches, complete: true };
    }
    return { branches, complete: false };
  }

  /**
   * Gerrit answers for a branch that may not be read as for one that does not exist, and for a project as well. What the account itself may
   * read it says only with the capability View Access: without it a hidden branch cannot be told from one that was deleted, which is noted.
   * @throws HeadgateError SOURCE_REFUSED where the project or the branch may not be read
   */
  async #judgeAbsence(project: string, ref: string): Promise<void> {
    const asked = query({ account: 'self', ref, perm: 'read' });
    const check = await this.#client.get(AccessCheck, `${projectPath(project)}/check.access${asked}`);
    if ('missing' in check) {
      present(await this.#client.get(z.unknown(), projectPath(project)), `${project}, which does not exist or may not be read`);
      return this.#doubt(project, ref);
    }
    if (check.data.status === 200) return;
    throw new HeadgateError('SOURCE_REFUSED', `${ref} of ${project} may not be read`, {
      hint: `Give the account of spec.sources[].http the right Read on ${ref} of ${project}.`,
    });
  }

  #doubt(project: string, ref: string): void {
    const key = `${project} ${ref}`;
    if (this.#doubted.has(key) || this.#doubted.size >= limits.gerritRest.doubted) return;
    this.#doubted.add(key);
    this.#log.warn('a branch is not there, or may not be read; with the capability View Access Gerrit would say which', {
      repository: project,
      ref,
    });
  }
}

function headOf({ revision }: z.infer<typeof BranchInfo>): RefHead | undefined {
  return fullCommitId.test(revision) ? { object: revision, commit: revision } : undefined;
}
