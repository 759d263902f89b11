import { z } from 'zod';
import { fileRef } from '#config/file-ref.ts';
import { deliveryRate } from '#config/delivery-rate.ts';
import { secretRef } from '#config/secret-ref.ts';
import { accountName, repositoryBase, sourceName, sweep } from '#config/source-schema.ts';
import { tokenSender } from '#config/token-sender.ts';
import { parseHgRef } from '#core/hg-ref.ts';
import { isPlainPath } from '#core/plain-path.ts';
import { parseTagPattern } from '#core/tag-pattern.ts';

/** A name below `url`: what is appended to it, without slashes at its ends. */
const repositoryName = z
  .string()
  .regex(/^[^\p{Cc}\s?#%\\]{1,255}$/u, { error: 'the path of a repository below `url`, such as `infra` or `team/infra`' })
  .refine(isPlainPath, {
    error: 'the path of a repository below `url`, without empty parts, `.` and `..`',
  });

const webhook = z
  .strictObject({
    secrets: z
      .array(secretRef)
      .default([])
      .describe('Live secrets that the hook signs with, or that the host shows with what it sends. Several while one replaces another.'),
    tokens: z
      .array(tokenSender)
      .default([])
      .describe('Whose tokens the hook may show instead (`type: hg`): the account that the host of the repositories has with an issuer.'),
    rate: deliveryRate.exactOptional(),
  })
  .refine(({ secrets, tokens }) => secrets.length + tokens.length > 0, {
    error: 'needs at least one of `secrets` and `tokens`: without it anybody could send deliveries',
    path: ['secrets'],
  })
  .describe('Takes deliveries: of `headgate_hook.py` and of its form in sh, or those of the host.');
export type HgWebhook = z.output<typeof webhook>;

const web = z
  .strictObject({
    user: accountName.exactOptional().describe('The account that reads, where hgweb asks for one.'),
    password: secretRef.exactOptional().describe('Its password. Read again when it changes.'),
  })
  .superRefine(bothOrNeither('web: { user: headgate, password: { file: … } }'))
  .describe('Reads back by hgweb at `url`: no hg on this machine.');

const clone = z
  .strictObject({
    url: z
      .string()
      .regex(/^(https?|ssh):\/\/[^\s\p{Cc}]+$/u, { error: 'a base URL that begins with https://, http:// or ssh://' })
      .exactOptional()
      .describe('Base URL that is cloned from; default: `url`.'),
    hg: z.string().min(1).default('hg').describe('The program; found on the PATH.'),
    user: accountName.exactOptional().describe('The account that clones by HTTP.'),
    password: secretRef.exactOptional().describe('Its password.'),
    ssh: z
      .strictObject({
        key: fileRef.describe('Private key, without passphrase.'),
        knownHosts: fileRef.describe('Keys of the hosts that may be connected to.'),
      })
      .exactOptional()
      .describe('How ssh:// is reached.'),
  })
  .describe('Reads back by bare clones in the data directory, and the command server of the hg on this machine.');
export type HgClone = z.output<typeof clone>;

const rights = z
  .strictObject({
    hgrc: z
      .array(fileRef.describe('One of them.'))
      .default([])
      .describe(
        'What hgweb reads for all repositories, in its order: the `hgrc` of the system and of its account, and the file of `--web-conf`.',
      ),
    repositories: z
      .string()
      .regex(/^\/[^\p{Cc}]*$/u, { error: 'an absolute path' })
      .describe('Directory in which the repositories lie by their names: `.hg/hgrc` of each is read last.'),
  })
  .describe('The files on this machine by which hgweb lets users in, for `headgate get access`. Without them that is not known.');
export type HgRights = z.output<typeof rights>;

const registry = z
  .strictObject({
    host: z
      .string()
      .regex(/^[A-Za-z0-9.-]{1,253}(:\d{1,5})?$|^\[[0-9a-fA-F:]+\](:\d{1,5})?$/, { error: 'a host name, with `:port` where it is not 443' })
      .describe('As in `oci` of what is published.'),
    user: accountName.exactOptional().describe('The account that pushes.'),
    password: secretRef.exactOptional().describe('Its password or token. Read again when it changes.'),
    ca: fileRef.exactOptional().describe('Certificates, in PEM, that its own is verified with.'),
    plainHttp: z.boolean().default(false).describe('Speaks HTTP without TLS: for a registry on the same machine.'),
  })
  .superRefine(bothOrNeither('add the other one'));
export type RegistryConfig = z.output<typeof registry>;

const publication = z.strictObject({
  repository: repositoryName.describe('Name of the repository: what follows `url`.'),
  ref: z
    .string()
    .refine(isPublishedRef, { error: 'a typed ref: branch:default, bookmark:prod or tag:v*@branch:default' })
    .describe('What is published: `branch:default`, `bookmark:prod`, or a pattern of signed tags, `tag:v*@branch:default`.'),
  path: z
    .string()
    .regex(/^[^\p{Cc}\\]{0,1024}$/u)
    .refine((path) => path === '' || isPlainPath(path), {
      error: 'a path from the root of the repository, without slashes at its ends',
    })
    .default('')
    .describe('Directory of the repository whose content is published; default: all of it.'),
  oci: z
    .string()
    .regex(/^oci:\/\/[A-Za-z0-9.:[\]-]+(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, {
      error: 'an address with a tag, such as oci://registry.example.com/infra-pay:default',
    })
    .describe('Where it is published: the tag is moved, and OCIRepositories follow it.'),
  chart: z
    .boolean()
    .default(false)
    .describe('Packs the Helm chart that lies at `path` (OCIRepository with `layerSelector.operation: copy`).'),
});
export type HgPublication = z.output<typeof publication>;

/** `spec.sources[]` of the types that hold repositories of Mercurial: they differ in who tells of pushes, and in nothing else. */
export const HgSource = z
  .strictObject({
    name: sourceName,
    type: z
      .enum(['hg', 'heptapod', 'rhodecode'])
      .describe('The kind of source: `hg` is told of pushes by the hook, `heptapod` and `rhodecode` by the webhooks of those hosts.'),
    url: repositoryBase.describe('Base URL below which the repositories lie.'),
    aliases: z.array(repositoryBase).default([]).describe('Other base URLs under which hooks may name the repositories.'),
    webhook: webhook.exactOptional(),
    web: web.exactOptional(),
    clone: clone.exactOptional(),
    registries: z
      .array(registry)
      .default([])
      .describe(
        'The registries that are published to, each with who pushes. One that is not listed is reached by TLS, without credentials.',
      ),
    publish: z.array(publication).default([]).describe('What is published for Flux, each only after policies have allowed it.'),
    rights: rights.exactOptional(),
    sweep,
  })
  .superRefine((source, context) => {
    if ((source.web === undefined) === (source.clone === undefined))
      context.addIssue({
        code: 'custom',
        message: 'must have exactly one of `web` and `clone`: how changes are confirmed',
        params: { hint: 'web: {} where hgweb serves the repositories at `url`, clone: { url: ssh://… } where hg is on this machine' },
      });
    if (source.web !== undefined && !/^https?:\/\//i.test(source.url))
      context.addIssue({ code: 'custom', path: ['url'], message: 'must begin with https:// or http:// where `web` asks it' });
    if (source.type !== 'hg' && source.webhook && source.webhook.tokens.length > 0)
      context.addIssue({
        code: 'custom',
        path: ['webhook', 'tokens'],
        message: `is for the hook of \`type: hg\`: the webhooks of ${source.type} show none`,
        params: { hint: 'webhook: { secrets: [ { file: … } ] }' },
      });
    for (const [index, { oci }] of source.publish.entries())
      if (source.publish.findIndex((other) => other.oci === oci) < index)
        context.addIssue({
          code: 'custom',
          path: ['publish', index, 'oci'],
          message: 'is published to by another entry: which of them its followers get would be a matter of chance',
          params: { hint: 'give each entry a tag of its own' },
        });
  });
export type HgSource = z.output<typeof HgSource>;

interface Credentials {
  readonly user?: string;
  readonly password?: unknown;
}

function bothOrNeither(hint: string): (value: Credentials, context: z.core.$RefinementCtx) => void {
  return function check({ user, password }, context) {
    if ((user === undefined) === (password === undefined)) return;
    context.addIssue({ code: 'custom', message: 'must have both `user` and `password`, or neither', params: { hint } });
  };
}

/** Names of branches and bookmarks are names; of tags they are patterns, which have to be ones. */
function isPublishedRef(ref: string): boolean {
  try {
    return parseTagPattern(ref) !== undefined || parseHgRef(ref) !== undefined;
  } catch {
    return false;
  }
}
