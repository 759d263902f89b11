import type { HgChangeset } from '#sandbox/hg/changeset.ts';
import type { HgRepository } from '#sandbox/hg/repository.ts';

/** In the order that they were asked for. */
type Found = readonly HgChangeset[];

/**
 * The part of Mercurial's revsets ("hg help revsets") that whoever reads hgweb may need: `id`, `head`, `heads`, `parents`, `branch` of a set, `closed`,
 * `obsolete`, `public`, `extra` with a name, `sort` by `rev`, `limit`, `::x`, `not`, `and`, `&`, `-`, `or`, `|`.
 * @throws Error where it is not understood; hgweb looks for words then
 */
export function findByRevset(repository: HgRepository, text: string): Found {
  return new Search(repository, text).all();
}

class Search {
  readonly #repository: HgRepository;
  readonly #served: Found;
  readonly #tokens: string[];

  constructor(repository: HgRepository, text: string) {
    this.#repository = repository;
    this.#served = [...repository.served().values()];
    this.#tokens = text.match(/::|[()&|,-]|[A-Za-z0-9]+|\S/g) ?? [];
  }

  all(): Found {
    const found = this.#either();
    if (this.#tokens.length > 0) throw new Error(`unexpected ${this.#tokens[0]}`);
    return found;
  }

  #either(): Found {
    let found = this.#both();
    while (this.#takes('|') || this.#takes('or')) {
      const more = this.#both();
      found = [...found, ...more.filter((one) => !found.includes(one))];
    }
    return found;
  }

  #both(): Found {
    let found = this.#one();
    for (;;) {
      const isWithout = this.#takes('-');
      if (!isWithout && !this.#takes('&') && !this.#takes('and')) return found;
      const other = new Set(this.#one());
      found = found.filter((one) => other.has(one) !== isWithout);
    }
  }

  #one(): Found {
    if (this.#takes('::')) {
      const history = this.#repository.history(this.#one().map(({ node }) => node));
      return this.#that(({ node }) => history.has(node));
    }
    if (this.#takes('not')) {
      const other = this.#one();
      return this.#that((one) => !other.includes(one));
    }
    if (!this.#takes('(')) return this.#called(this.#tokens.shift() ?? '');
    const found = this.#either();
    this.#expect(')');
    return found;
  }

  #called(name: string): Found {
    this.#expect('(');
    const found = this.#functions(name);
    this.#expect(')');
    return found;
  }

  #functions(name: string): Found {
    switch (name) {
      case 'id':
        return this.#identified(this.#tokens.shift());
      case 'head':
        return [...this.#repository.heads().values()].flat();
      case 'heads':
        return this.#headsOf(this.#either());
      case 'parents':
        return this.#parentsOf(this.#either());
      case 'branch':
        return this.#onBranchesOf(this.#either());
      case 'extra':
        return this.#withExtra();
      case 'closed':
        return this.#that(({ closes }) => closes);
      case 'obsolete':
        return this.#that(({ isObsolete }) => isObsolete);
      case 'public':
        return this.#that(({ phase }) => phase === 'public');
      case 'sort':
        return this.#sorted();
      case 'limit':
        return this.#limited();
      default:
        throw new Error(`no function ${name}`);
    }
  }

  #headsOf(found: Found): Found {
    const parents = new Set(found.flatMap((one) => one.parents));
    return found.filter(({ node }) => !parents.has(node));
  }

  #parentsOf(found: Found): Found {
    const parents = new Set(found.flatMap((one) => one.parents));
    return this.#that(({ node }) => parents.has(node));
  }

  #onBranchesOf(found: Found): Found {
    const branches = new Set(found.map(({ branch }) => branch));
    return this.#that(({ branch }) => branches.has(branch));
  }

  /** Of what a changeset says besides, the simulation knows the topic alone. */
  #withExtra(): Found {
    this.#expect('"');
    const name = this.#tokens.shift();
    this.#expect('"');
    return this.#that(({ topic }) => name === 'topic' && topic !== null);
  }

  #identified(node: string | undefined): Found {
    return this.#that((one) => one.node === node);
  }

  #sorted(): Found {
    const found = this.#either();
    this.#expect(',');
    const sign = this.#takes('-') ? -1 : 1;
    this.#expect('rev');
    return found.toSorted((one, other) => sign * (one.rev - other.rev));
  }

  #limited(): Found {
    const found = this.#either();
    this.#expect(',');
    return found.slice(0, Number(this.#tokens.shift()));
  }

  #that(is: (one: HgChangeset) => boolean): Found {
    return this.#served.filter(is);
  }

  #takes(token: string): boolean {
    if (this.#tokens[0] !== token) return false;
    this.#tokens.shift();
    return true;
  }

  #expect(token: string): void {
    if (!this.#takes(token)) throw new Error(`${this.#tokens[0] ?? 'the end'} instead of ${token}`);
  }
}
