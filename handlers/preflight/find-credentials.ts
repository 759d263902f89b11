import type { Manifest, PreflightFile, PreflightFinding } from '#core/preflight.ts';
import { manifestName } from '#core/preflight.ts';

/** Credentials by their own marks: prefixes that their issuers chose so that they can be found. Linear, each anchored by a literal. */
const marks: readonly (readonly [what: string, mark: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----/],
  ['an access key of AWS', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a token of GitHub', /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})\b/],
  ['a token of GitLab', /\bglpat-[A-Za-z0-9_-]{20,255}/],
  ['a token of Slack', /\bxox[abeprs]-[A-Za-z0-9-]{20,255}/],
  ['an API key of Google', /\bAIza[0-9A-Za-z_-]{35}\b/],
  ['a key of age', /\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b/],
  ['a token of npm', /\bnpm_[A-Za-z0-9]{36}\b/],
];

/** Credentials that lie in files as they are. The message names the line, never the value. */
export function findCredentials(files: readonly PreflightFile[]): readonly PreflightFinding[] {
  return files.flatMap(({ path, text }) => {
    if (!marks.some(([, mark]) => mark.test(text))) return [];
    return text.split('\n').flatMap((line, index) => {
      const found = marks.find(([, mark]) => mark.test(line));
      if (!found) return [];
      const message = `looks like ${found[0]}: whatever enters history is known to everybody who may read it`;
      return [{ code: 'credential' as const, severity: 'error' as const, path, line: index + 1, message }];
    });
  });
}

/** Secrets whose values lie in the file as they are: base64 hides nothing. Those encrypted by SOPS, and placeholders of `postBuild`, are not. */
export function findSecretsInClear(manifests: readonly Manifest[]): readonly PreflightFinding[] {
  return manifests.flatMap((manifest) => {
    if (manifest.apiVersion !== 'v1' || manifest.kind !== 'Secret') return [];
    const values = [manifest.object['data'], manifest.object['stringData']].flatMap((map): readonly unknown[] =>
      typeof map === 'object' && map !== null ? Object.values(map) : [],
    );
    if (!values.some(isInClear)) return [];
    const message = `${manifestName(manifest)} holds values in clear text: encrypt it with SOPS, or seal it`;
    return [{ code: 'secret-in-clear' as const, severity: 'error' as const, path: manifest.path, line: manifest.line, message }];
  });
}

/** SOPS writes `ENC[AES256_GCM,…]`; Flux substitutes `${NAME}`. */
function isInClear(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !value.startsWith('ENC[') && !/^\$\{[^}]*\}$/.test(value);
}
