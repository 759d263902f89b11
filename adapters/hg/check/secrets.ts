import { secretFinding } from '#config/check-secret.ts';
import { sshFindings } from '#config/check-ssh.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import type { Finding } from '#core/finding.ts';
import type { HgSource } from '../schema.ts';

export interface SecretsQuestion {
  readonly source: HgSource;
  readonly about: string;
  readonly now: number;
  /** @throws HeadgateError SECRET_UNAVAILABLE */
  readonly secret: (ref: SecretRef) => Buffer;
}

/** Each secret that the source names. */
export function secretFindings({ source, about, now, secret }: SecretsQuestion): readonly Finding[] {
  const { webhook, web, clone, registries } = source;
  const look = (what: string, ref: SecretRef): Finding => secretFinding({ about, what, ref, now, read: secret });
  return [
    ...(webhook?.secrets ?? []).map((ref) => look('webhook secret', ref)),
    ...[web?.password ?? clone?.password ?? []].flat().map((ref) => look('password', ref)),
    ...registries.flatMap(({ host, password }) => (password ? [look(`password of registry ${host}`, password)] : [])),
    ...sshOf(source, about),
  ];
}

function sshOf({ clone, url }: HgSource, about: string): readonly Finding[] {
  if (!clone?.ssh) return [];
  const { hostname, port } = new URL(clone.url ?? url);
  const { key, knownHosts } = clone.ssh;
  const host = { hostname, port: port === '' ? 22 : Number(port) };
  return sshFindings('HG_SSH', about, { keyFile: key.file, knownHostsFile: knownHosts.file, ...host });
}
