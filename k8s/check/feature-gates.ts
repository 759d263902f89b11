import { finding, type Finding } from '#core/finding.ts';
import type { FluxController } from './read-controllers.ts';
import type { ServedKind } from './flux-kinds.ts';

/** A feature gate that is off by default and worth switching on (kustomize-controller and helm-controller `internal/features/features.go`). */
interface Gate {
  readonly controller: string;
  readonly gate: string;
  /** First minor version 1.x that knows it; an older controller refuses to start with it. */
  readonly since: number;
  /** Only where this kind is served. */
  readonly with?: string;
  readonly without: string;
}

const cancelled = 'Everything works; but while a health check is stuck, the commit that fixes it waits for the health check to time out.';
const artifacts =
  'Everything works but what follows an ExternalArtifact (those of an ArtifactGenerator, too): it is refused with AccessDenied and stalls.';

const gates: readonly Gate[] = [
  { controller: 'kustomize-controller', gate: 'CancelHealthCheckOnNewRevision', since: 7, without: cancelled },
  { controller: 'helm-controller', gate: 'CancelHealthCheckOnNewRevision', since: 5, without: cancelled },
  { controller: 'kustomize-controller', gate: 'ExternalArtifact', since: 7, with: 'ArtifactGenerator', without: artifacts },
  { controller: 'helm-controller', gate: 'ExternalArtifact', since: 4, with: 'ArtifactGenerator', without: artifacts },
];

/** Pure: what the controllers' arguments say of the gates. A controller that is too old for a gate is not asked to have it. */
export function gateFindings(about: string, kinds: readonly ServedKind[], controllers: readonly FluxController[]): readonly Finding[] {
  const served = new Set(kinds.filter((kind) => kind.served === true).map(({ kind }) => kind));
  const wanted = gates.filter((gate) => gate.with === undefined || served.has(gate.with));
  return controllers.flatMap((controller) => {
    const own = wanted.filter((gate) => gate.controller === controller.name && knows(controller, gate));
    const off = own.filter(({ gate }) => gatesOf(controller.args).get(gate) !== true);
    const on = own.filter((gate) => !off.includes(gate)).map(({ gate }) => gate);
    return [
      ...(on.length === 0 ? [] : [finding('FLUX_FEATURE_GATE', about, 'good', `${controller.name}: feature gates on: ${on.join(', ')}`)]),
      ...off.map((gate) => offFinding(about, controller, gate)),
    ];
  });
}

/** One that names no version is taken to be current. */
function knows({ version }: FluxController, { since }: Gate): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  return major === undefined || Number(major) > 1 || Number(minor) >= since;
}

/** `--feature-gates=A=true,B=false`, or the value as the next argument; the last word counts (k8s.io/component-base/featuregate). */
function gatesOf(args: readonly string[]): ReadonlyMap<string, boolean> {
  const values = args.flatMap((arg, at) => {
    if (arg === '--feature-gates') return [args[at + 1] ?? ''];
    return arg.startsWith('--feature-gates=') ? [arg.slice('--feature-gates='.length)] : [];
  });
  const pairs = values.flatMap((value) => value.split(',')).map((pair) => pair.split('='));
  return new Map(pairs.map(([name = '', value = '']) => [name.trim(), /^(1|t|true)$/i.test(value.trim())]));
}

function offFinding(about: string, { name, namespace, args }: FluxController, { gate, without }: Gate): Finding {
  const set = [...gatesOf(args)].filter(([other]) => other !== gate).map(([other, on]) => `${other}=${on}`);
  const line = `--feature-gates=${[...set, `${gate}=true`].join(',')}`;
  const mend = `\`kubectl -n ${namespace} edit deployment ${name}\`: the argument \`${line}\`; where Flux is kept in Git, a patch there: docs/how-to/check.md.`;
  return finding('FLUX_FEATURE_GATE', about, 'warning', `${name}: the feature gate ${gate} is off`, { without, mend });
}
