import type { Command } from 'commander';
import { HeadgateError } from '#core/errors.ts';
import { apiClient } from '../api-client.ts';
import { findServer, type ServerOptions } from '../find-server.ts';
import { Access, type NamespaceAccess } from '../get/access-schema.ts';
import { print, tell, type Io } from '../io.ts';
import { addServerOptions } from '../server-options.ts';
import { rbacDocuments, type FluxWriter } from './rbac-documents.ts';

interface RbacOptions extends ServerOptions {
  readonly source: string;
  readonly group: string;
  readonly namespace: string;
  readonly cluster?: string;
  readonly serviceAccount?: string;
}

/** `headgate suggest rbac`. */
export function addSuggestRbac(suggest: Command, io: Io): void {
  const command = suggest
    .command('rbac')
    .description('print what a group of a source needs in a cluster to deploy to one namespace: service account, role, binding, policy')
    .requiredOption('--source <source>', 'the source that has the group')
    .requiredOption('--group <uuid>', 'UUID of the group, never its name')
    .requiredOption('--namespace <namespace>', 'where objects are written')
    .option('--cluster <cluster>', 'needed where there are several')
    .option('--service-account <name>', 'what it is to be called; default: as the namespace');
  addServerOptions(command).action(async (options: RbacOptions) => suggestRbac(io, options));
}

async function suggestRbac(
  io: Io,
  { source, group, namespace, cluster, serviceAccount = namespace, ...options }: RbacOptions,
): Promise<void> {
  requireNames({ group, namespace, serviceAccount });
  const client = apiClient(io, await findServer(io, options));
  const { items } = Access.parse(await client.get('/v1/access', { namespace, cluster }));
  const access = only(items);
  const own = access.targets.filter(({ consumers }) => consumers.length > 0);
  const writers = own.flatMap(({ consumers }) => consumers.map(writerOf));
  const follows = own.flatMap((target) => (target.follows?.source === source ? [target.follows] : []));
  print(io, rbacDocuments({ source, group, cluster: access.cluster, namespace, serviceAccount, writers, follows }));
  tell(io, '► read it first; `kubectl apply -f -` takes the objects, and what is commented belongs elsewhere');
}

/** They are written into YAML and comments. */
function requireNames({ group, namespace, serviceAccount }: { group: string; namespace: string; serviceAccount: string }): void {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
  if (!/^(?:[0-9a-f]{40}|(?!global:)[a-z][a-z0-9-]*:[^\p{Cc}]{1,200})$/u.test(group))
    throw new HeadgateError('REQUEST_INVALID', `${group} is no UUID of a group`, {
      hint: '`gerrit ls-groups -v` prints UUIDs: 40 hexadecimal digits, or such as `ldap:cn=…`. Names can be changed by whoever owns the group.',
    });
  if (!label.test(namespace)) throw new HeadgateError('REQUEST_INVALID', `${namespace} is no name of a namespace`);
  if (!label.test(serviceAccount)) throw new HeadgateError('REQUEST_INVALID', `${serviceAccount} is no name of a service account`);
}

function only([first, ...more]: readonly NamespaceAccess[]): NamespaceAccess {
  if (first === undefined) throw new HeadgateError('NOT_FOUND', 'no cluster is configured');
  if (more.length === 0) return first;
  throw new HeadgateError('REQUEST_INVALID', 'there are several clusters', {
    hint: `Say which with --cluster: ${[first, ...more].map(({ cluster }) => cluster).join(', ')}.`,
  });
}

function writerOf({ object, serviceAccount, applies }: NamespaceAccess['targets'][number]['consumers'][number]): FluxWriter {
  const { kind, namespace } = object;
  return { name: `${kind}/${object.name}`, namespace, serviceAccount, applies };
}
