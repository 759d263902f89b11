import { z } from 'zod';
import { finding, type Finding } from '#core/finding.ts';
import { hasStatus } from '../api-error.ts';
import type { Connection } from '../connection.ts';
import { apiVersionOf, type FluxKind, fluxKinds } from '../kinds.ts';

/** A kind of Flux and whether the API server serves it in the version that Headgate reads; null when it does not say. */
export interface ServedKind extends FluxKind {
  readonly served: boolean | null;
}

const resources = z.object({ resources: z.array(z.object({ name: z.string() })) });

/** Discovery, which every authenticated account may ask (`system:discovery`). */
export async function servedKinds(connection: Connection): Promise<readonly ServedKind[]> {
  const versions = [...new Set(fluxKinds.map(apiVersionOf))];
  const served = new Map(await Promise.all(versions.map(async (version) => [version, await pluralsOf(connection, version)] as const)));
  return fluxKinds.map((kind) => {
    const plurals = served.get(apiVersionOf(kind));
    return { ...kind, served: plurals ? plurals.includes(kind.plural) : null };
  });
}

/** Null when it may not be asked. */
async function pluralsOf(connection: Connection, version: string): Promise<readonly string[] | null> {
  try {
    const answer = resources.parse(await connection.send({ method: 'GET', path: `/apis/${version}` }));
    return answer.resources.map(({ name }) => name);
  } catch (error) {
    return hasStatus(error, 404) ? [] : null;
  }
}

/** Pure. */
export function kindsFinding(about: string, kinds: readonly ServedKind[]): Finding {
  const named = (served: boolean | null): string =>
    kinds
      .filter((kind) => kind.served === served)
      .map(({ kind }) => kind)
      .join(', ');
  const [present, absent, unknown] = [named(true), named(false), named(null)];
  const also = `${absent === '' ? '' : `; not installed: ${absent}`}${unknown === '' ? '' : `; not known: ${unknown}`}`;
  if (present !== '') return finding('FLUX_KINDS', about, 'good', `Flux kinds: ${present}${also}`);
  if (unknown !== '') return finding('FLUX_KINDS', about, 'unknown', `which of Flux's kinds are served may not be asked${also}`);
  return finding('FLUX_KINDS', about, 'warning', "none of Flux's kinds is served");
}
