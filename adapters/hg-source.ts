import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AdapterDeps } from '#adapters/adapter-deps.ts';
import { createHgAdapter } from '#adapters/hg/adapter.ts';
import type { HgBackEnd } from '#adapters/hg/back-end.ts';
import { createHgCheck } from '#adapters/hg/check/check-source.ts';
import { createCloneBackEnd } from '#adapters/hg/clone/clone-back-end.ts';
import type { HgCredentials } from '#adapters/hg/clone/remote.ts';
import { hgContent } from '#adapters/hg/published-content.ts';
import { createHgReadBack } from '#adapters/hg/read-back.ts';
import type { HgClone, HgPublication, HgSource, RegistryConfig } from '#adapters/hg/schema.ts';
import { createHgwebBackEnd } from '#adapters/hg/web/back-end.ts';
import { createOciPublisher } from '#adapters/oci/publisher.ts';
import type { RegistryAccess } from '#adapters/oci/registry/registry-access.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { Publisher } from '#core/ports/publisher.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Publication } from '#core/publication.ts';

/** Brings together what a source of `type: hg` is made of. @param backEnd how the host is asked; default: as the config says */
export function hgAdapter(config: HgSource, deps: AdapterDeps, backEnd: HgBackEnd = backEndOf(config, deps)): SourceAdapter {
  const readBack = createHgReadBack(backEnd);
  const publisher = publisherOf(config, backEnd, deps);
  const { clock } = deps;
  const check = createHgCheck({ source: config, secret: deps.secret.bind(deps), clock, backEnd, readBack, publisher });
  return createHgAdapter(config, () => deps.secrets(), { clock, readBack, content: readBack, publisher, check });
}

/** Nothing is asked yet. */
function backEndOf(config: HgSource, deps: AdapterDeps): HgBackEnd {
  const { name, url, web, clone } = config;
  const { clock, log, env, stopping, onAnswer } = deps;
  if (clone) {
    const own = {
      hg: clone.hg,
      url: clone.url ?? url,
      credentials: cloneCredentials(clone, deps),
      directory: join(deps.dataDirectory, 'hg', name),
    };
    return createCloneBackEnd({ ...own, clock, log, environment: env, ...(stopping ? { signal: stopping } : {}) });
  }
  const password = web?.password;
  return createHgwebBackEnd({
    source: name,
    url,
    user: web?.user,
    password: password && (() => deps.secret(password)),
    clock,
    env,
    stopping,
    onAnswer,
  });
}

function cloneCredentials({ user, password, ssh }: HgClone, deps: AdapterDeps): HgCredentials {
  if (ssh) return { kind: 'ssh', keyFile: ssh.key.file, knownHostsFile: ssh.knownHosts.file };
  if (user === undefined || password === undefined) return { kind: 'none' };
  return { kind: 'password', username: user, password: () => deps.secret(password).toString('utf8') };
}

/** Undefined where nothing is published. */
function publisherOf({ name, url, publish, registries }: HgSource, backEnd: HgBackEnd, deps: AdapterDeps): Publisher | undefined {
  if (publish.length === 0) return undefined;
  return createOciPublisher({
    publications: publish.map(publicationOf),
    source: hgContent(backEnd, url),
    registries: registries.map((registry) => registryAccess(registry, deps)),
    directory: join(deps.dataDirectory, 'publish', name),
    clock: deps.clock,
    env: deps.env,
    ...(deps.stopping ? { stopping: deps.stopping } : {}),
  });
}

/** `oci` has a tag: its schema says so. */
function publicationOf({ repository, ref, path, oci, chart }: HgPublication): Publication {
  const at = oci.lastIndexOf(':');
  return { repository, ref, path, url: oci.slice(0, at), tag: oci.slice(at + 1), content: chart ? 'chart' : 'manifests' };
}

function registryAccess({ host, user, password, ca, plainHttp }: RegistryConfig, deps: AdapterDeps): RegistryAccess {
  return {
    host,
    plainHttp,
    ...(user !== undefined && password ? { credentials: () => ({ user, password: deps.secret(password).toString('utf8') }) } : {}),
    ...(ca ? { ca: () => certificates(ca.file) } : {}),
  };
}

/** @throws HeadgateError CONFIG_INVALID */
function certificates(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HeadgateError('CONFIG_INVALID', `the certificates of a registry cannot be read: ${messageOf(cause)}`, { cause });
  }
}
