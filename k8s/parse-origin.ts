import type { RefSpec } from '#core/target.ts';
import type { Fields } from './fields.ts';
import type { FluxObject } from './flux-object.ts';

const refFields = ['branch', 'tag', 'semver', 'name', 'commit', 'digest'] as const;

/** Where a source object gets its content. A Bucket has an endpoint and a bucket name instead of a URL. */
export function parseOrigin(kind: string, spec: Fields): FluxObject['origin'] {
  switch (kind) {
    case 'OCIRepository':
      return { url: spec.text('url') ?? '', ref: parseRef(spec.at('ref')), ...(spec.flag('insecure') ? { insecure: true } : {}) };
    case 'GitRepository':
    case 'HelmRepository':
      return { url: spec.text('url') ?? '', ref: parseRef(spec.at('ref')) };
    case 'Bucket':
      return { url: bucketUrl(spec), ref: {} };
    default:
      return null;
  }
}

function parseRef(ref: Fields): RefSpec {
  const pairs = refFields.flatMap((field) => {
    const value = ref.text(field);
    return value ? [[field, value] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function bucketUrl(spec: Fields): string {
  const endpoint = spec.text('endpoint') ?? '';
  const base = endpoint.includes('://') ? endpoint : `${spec.flag('insecure') ? 'http' : 'https'}://${endpoint}`;
  return `${base.replace(/\/$/, '')}/${spec.text('bucketName') ?? ''}`;
}
