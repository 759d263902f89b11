import type { TargetRef } from '#core/target.ts';
import type { Fields } from './fields.ts';
import type { ObjectRef } from './flux-object.ts';

/**
 * What an object takes its content from, nearest first (the APIs of source-, kustomize-, helm-controller and source-watcher).
 * A HelmRelease with a chart template names the HelmChart that helm-controller makes for it, and the source behind that,
 * so that it is found before the chart exists.
 */
export function parseFollows(target: TargetRef, spec: Fields, status: Fields): readonly ObjectRef[] {
  switch (target.kind) {
    case 'Kustomization':
    case 'HelmChart':
    case 'ExternalArtifact':
      return reference(spec.at('sourceRef'), target);
    case 'HelmRelease':
      return spec.has('chartRef') ? reference(spec.at('chartRef'), target) : throughChart(target, spec.at('chart').at('spec'), status);
    case 'ArtifactGenerator':
      return spec.list('sources').flatMap((entry) => reference(entry, target));
    case 'GitRepository':
      return spec.list('include').flatMap((entry) => named('GitRepository', entry.at('repository').text('name'), target.namespace));
    default:
      return [];
  }
}

/** The ExternalArtifacts of an ArtifactGenerator. */
export function parseMakes(target: TargetRef, status: Fields): readonly ObjectRef[] {
  if (target.kind !== 'ArtifactGenerator') return [];
  return status.list('inventory').flatMap((entry) => {
    return named('ExternalArtifact', entry.text('name'), entry.text('namespace') ?? target.namespace);
  });
}

/** helm-controller puts the HelmChart into the source's namespace and calls it `<namespace>-<name>` of the release. */
function throughChart(target: TargetRef, chart: Fields, status: Fields): readonly ObjectRef[] {
  const source = reference(chart.at('sourceRef'), target);
  const [namespace, name] = (status.text('helmChart') ?? '').split('/');
  if (namespace && name) return [{ kind: 'HelmChart', namespace, name }, ...source];
  const [first] = source;
  if (!first) return [];
  return [{ kind: 'HelmChart', namespace: first.namespace, name: `${target.namespace}-${target.name}` }, first];
}

function reference(ref: Fields, owner: TargetRef): readonly ObjectRef[] {
  const kind = ref.text('kind');
  return kind ? named(kind, ref.text('name'), ref.text('namespace') ?? owner.namespace) : [];
}

function named(kind: string, name: string | undefined, namespace: string): readonly ObjectRef[] {
  return name ? [{ kind, namespace, name }] : [];
}
