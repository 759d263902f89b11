import { stringify } from 'yaml';
import type { Decision } from '#core/decision.ts';
import type { FakeGithub } from '#sandbox/fake-github.ts';
import { REPOSITORY, startForgeWorld, type ForgeWorld, type ForgeWorldOptions } from './forge-world.ts';

export const PLATFORM = 'org/platform';
const POLICIES_TARGET = 'headgate/Policies/policies/policies';

/** A GatePolicy in YAML. */
export function policy(name: string, spec: object): string {
  return stringify({ apiVersion: 'headgate.dev/v1alpha1', kind: 'GatePolicy', metadata: { name }, spec });
}

const apps = [{ clusters: ['prod'], namespaces: ['apps'] }];

/** Lets a branch of org/app come to apps. */
export const appsFrom = (branch: string, repository = REPOSITORY): string =>
  policy('apps', { targets: apps, changes: [{ source: 'hub', repositories: [repository], refs: [`refs/heads/${branch}`] }] });

/** Lets main of a repository change the policies, if its account may. */
export const policiesFrom = (repository: string, by?: string): string =>
  policy('policies', {
    targets: [{ policies: true }],
    changes: [{ source: 'hub', repositories: [repository], refs: ['refs/heads/main'] }],
    ...(by && { validations: [{ expression: `change.actors.exists(a, a.name == '${by}')`, message: `only ${by} changes policies` }] }),
  });

export interface PolicyWorldOptions extends Pick<ForgeWorldOptions, 'by' | 'sweep' | 'branch'> {
  readonly repository?: string;
  /** Path → content, of the first revision. */
  readonly files: Readonly<Record<string, string>>;
  readonly revision?: (github: FakeGithub) => string;
}

export interface Item {
  readonly record: Readonly<Record<string, unknown>>;
}

/** A server whose policies come from the directory `policies` of a repository of the simulated GitHub. */
export async function startPolicyWorld(options: PolicyWorldOptions) {
  const { repository = PLATFORM, files } = options;
  let first = '';
  const world = await startForgeWorld({
    by: options.by,
    ...(options.sweep ? { sweep: options.sweep } : {}),
    ...(options.branch ? { branch: options.branch } : {}),
    spec: { policies: { source: 'hub', repository, ref: 'refs/heads/main', path: 'policies/' } },
    async prepare(github) {
      if (repository !== REPOSITORY) await github.createRepository(repository);
      first = (await github.push({ repository, files })).after ?? '';
    },
  });
  return { ...extend(world, repository), first };
}

export type PolicyWorld = Awaited<ReturnType<typeof startPolicyWorld>>;

function extend(world: ForgeWorld, repository: string) {
  const items = async <T>(path: string): Promise<readonly T[]> => (await world.get<{ readonly items: readonly T[] }>(path)).items;
  const records = (): Promise<readonly Item[]> => items<Item>('/v1/records?kind=policies');
  return {
    forge: world,
    /** Pushes to the repository of the policies. @returns the commit */
    push: async (
      files: Readonly<Record<string, string | null>>,
      more: { readonly by?: string; readonly onto?: string } = {},
    ): Promise<string> => (await world.github.push({ repository, files, ...more })).after ?? '',
    /** Of kind `policies`, newest first. */
    records,
    /** Once the policies of that revision are in force. */
    async inForce(revision: string): Promise<Item['record']> {
      for (;;) {
        const [newest] = await records();
        if (newest?.record['revision'] === revision) return newest.record;
        await shortly();
      }
    },
    /** The decision about the policies that a commit came to. */
    async decisionOn(commit: string): Promise<Decision> {
      for (;;) {
        const decisions = await items<Decision>(`/v1/decisions?target=${encodeURIComponent(POLICIES_TARGET)}`);
        const found = decisions.find(({ facts }) => facts['revision'] === commit);
        if (found) return found;
        await shortly();
      }
    },
    /** The decision about the application that a commit came to. */
    async appDecision(commit: string): Promise<Decision> {
      const story = await world.storyOf(commit, ({ decisions }) => decisions.some(({ target }) => target.cluster === 'prod'));
      const found = story.decisions.find(({ target }) => target.cluster === 'prod');
      if (!found) throw new Error('it was there a moment ago');
      return found;
    },
  };
}

export function shortly(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
