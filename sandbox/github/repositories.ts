import type { GitRunner } from '#sandbox/git/git-runner.ts';
import type { HostedRepository } from '#sandbox/github/hosted-repository.ts';
import type { RepositoryView } from '#sandbox/github/rest/call.ts';
import { GitFacts } from '#sandbox/github/rest/git-facts.ts';
import type { RepositoryIndex } from '#sandbox/github/rest/rest-api.ts';

/** All repositories of the server; those that were renamed are found by their earlier names too. */
export class Repositories implements RepositoryIndex {
  readonly #byName = new Map<string, HostedRepository>();
  /** Earlier name → the repository. */
  readonly #moved = new Map<string, HostedRepository>();
  readonly #git: GitRunner;
  readonly #server: () => string;

  /** @param server base URL, known when it listens */
  constructor(git: GitRunner, server: () => string) {
    this.#git = git;
    this.#server = server;
  }

  add(hosted: HostedRepository): void {
    this.#byName.set(hosted.name, hosted);
  }

  /** By its present name only. */
  get(name: string): HostedRepository | undefined {
    return this.#byName.get(name);
  }

  /** By its present name or an earlier one: git follows redirects. */
  find(name: string): HostedRepository | undefined {
    return this.#byName.get(name) ?? this.#moved.get(name);
  }

  rename(hosted: HostedRepository, name: string): void {
    this.#byName.delete(hosted.name);
    this.#moved.set(hosted.name, hosted);
    this.#moved.delete(name);
    hosted.name = name;
    this.#byName.set(name, hosted);
  }

  byName(name: string): { readonly repository: RepositoryView; readonly moved: boolean } | undefined {
    const hosted = this.find(name);
    return hosted === undefined ? undefined : { repository: this.#view(hosted), moved: hosted.name !== name };
  }

  byId(id: number): RepositoryView | undefined {
    const hosted = [...this.#byName.values()].find((each) => each.id === id);
    return hosted === undefined ? undefined : this.#view(hosted);
  }

  all(): readonly RepositoryView[] {
    return [...this.#byName.values()].map((hosted) => this.#view(hosted));
  }

  #view({ id, name, defaultBranch, bare }: HostedRepository): RepositoryView {
    const server = this.#server();
    const git = new GitFacts(this.#git, bare.directory);
    return { id, name, defaultBranch, git, api: `${server}/api/v3/repos/${name}`, page: `${server}/${name}` };
  }
}
