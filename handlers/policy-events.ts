import { every, type Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { Footprint } from '#core/target.ts';
import { concernedPolicies } from '#policy/concerned.ts';
import type { PolicySet } from '#policy/documents.ts';
import type { TargetEventWriter } from '#handlers/target-events.ts';

export interface PolicyEventDeps {
  readonly inventory: Pick<Inventory, 'sources' | 'footprint'>;
  readonly events: Pick<TargetEventWriter, 'write'>;
  readonly log: Log;
  /** The policies in force now. */
  readonly policies: () => PolicySet;
}

/** Looks at the policies as often as they are read again. @returns what ends it */
export function tellPolicies({ clock, ...deps }: PolicyEventDeps & { readonly clock: Clock }): () => Promise<void> {
  const events = new PolicyEvents(deps);
  events.look();
  return every(clock, limits.config.policyRefresh, async () => events.look());
}

/**
 * Tells on an object that the policies about it are others than before, so that `kubectl describe` shows since when. What was in force at the
 * start is told by nobody: nothing changed then.
 */
export class PolicyEvents {
  readonly #deps: PolicyEventDeps;
  #told: PolicySet | undefined;

  constructor(deps: PolicyEventDeps) {
    this.#deps = deps;
  }

  look(): void {
    const { policies, inventory } = this.#deps;
    const is = policies();
    const was = this.#told ?? is;
    this.#told = is;
    if (was.hash === is.hash && was.unavailable === is.unavailable) return;
    const concerned = inventory.sources().flatMap((source) => {
      const footprint = inventory.footprint(source);
      const changed = changes(concerning(was, footprint), concerning(is, footprint));
      return changed.length === 0 ? [] : [{ footprint, changed }];
    });
    this.#deps.log.info('other policies are in force', { policySet: is.hash, unavailable: is.unavailable, targets: concerned.length });
    for (const { footprint, changed } of concerned.slice(0, limits.kube.policyEvents)) this.#tell(footprint, changed, is);
  }

  #tell(footprint: Footprint, changed: readonly string[], is: PolicySet): void {
    const inForce =
      is.unavailable === null ? `the policies in force are ${is.hash.slice(0, 12)} now` : `no policies are in force: ${is.unavailable}`;
    this.#deps.events.write(footprint.source.target, 'HeadgatePoliciesChanged', `${inForce}; ${changed.join(', ')}`);
  }
}

/** Hash by name. */
function concerning(set: PolicySet, footprint: Footprint): ReadonlyMap<string, string> {
  return new Map(concernedPolicies(set, footprint).map(({ name, hash }) => [name, hash]));
}

function changes(was: ReadonlyMap<string, string>, is: ReadonlyMap<string, string>): readonly string[] {
  const gone = [...was.keys()].filter((name) => !is.has(name)).map((name) => `${name} is gone`);
  const others = [...is].flatMap(([name, hash]) => {
    if (!was.has(name)) return [`${name} is new`];
    return was.get(name) === hash ? [] : [`${name} has changed`];
  });
  return [...gone, ...others].toSorted();
}
