import { z } from 'zod';
import { cidr } from '#config/network.ts';
import { fileRef } from '#config/file-ref.ts';
import { deliveryRate } from '#config/delivery-rate.ts';
import { secretRef } from '#config/secret-ref.ts';
import { accountName, repositoryBase, sourceName, sweep } from '#config/source-schema.ts';

const ssh = z
  .strictObject({
    host: z.string().min(1).max(253).exactOptional().describe('Host name; default: that of `url`.'),
    port: z.int().min(1).max(65_535).default(29_418).describe("Gerrit's SSH port."),
    user: accountName.describe(
      'The account that listens. It needs the capability Stream Events, and Read on the branches that are watched.',
    ),
    key: fileRef.describe('Its private key in the format of OpenSSH (`ssh-keygen -t ed25519`), without passphrase.'),
    knownHosts: fileRef.describe('Keys of the hosts that may be connected to, as in known_hosts.'),
    listen: z.enum(['serve', 'apart']).default('serve').describe('Who listens: the server itself, or `headgate listen`, a process apart.'),
  })
  .describe('Listens to `gerrit stream-events`.');
export type GerritSsh = z.output<typeof ssh>;

const http = z
  .strictObject({
    user: accountName.describe('The account that reads back what happened.'),
    token: secretRef.describe('Its HTTP token or password. Read again when it changes.'),
  })
  .describe("Credentials for Gerrit's REST API and for git over HTTP.");
export type GerritHttp = z.output<typeof http>;

const webhook = z
  .strictObject({
    secrets: z
      .array(secretRef)
      .min(1, { error: 'at least one secret: without it anybody could send deliveries' })
      .describe('Live secrets of the webhooks plugin: the end of its path, or the password. Several while one replaces another.'),
    networks: z
      .array(cidr)
      .min(1)
      .exactOptional()
      .describe('Addresses that deliveries may come from; default: any. Behind a proxy this needs `trustedProxies`.'),
    rate: deliveryRate.exactOptional(),
  })
  .describe('Takes deliveries of the webhooks plugin, and of `headgate listen`.');
export type GerritWebhook = z.output<typeof webhook>;

const labelValue = z.int().min(-32_768).max(32_767);

const feedback = z
  .strictObject({
    messages: z.literal(true).describe('Writes a message on each change that was deployed, or was not, one for each cluster and outcome.'),
    label: z
      .strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z0-9-]{1,64}$/, { error: 'the name of a label' })
          .describe('Name of the label.'),
        applied: labelValue.describe('The vote when the change is applied.'),
        failed: labelValue.exactOptional().describe('The vote when it failed; absent: none.'),
      })
      .exactOptional()
      .describe('Votes as well. Gerrit takes votes on merged changes only where they do not lower the label.'),
  })
  .describe('Tells changes what became of them. Needs `http`, and an account that may comment.');
export type GerritFeedback = z.output<typeof feedback>;

/** `spec.sources[]` of `type: gerrit`. */
export const GerritSource = z
  .strictObject({
    name: sourceName,
    type: z.literal('gerrit').describe('The kind of source.'),
    url: repositoryBase.describe('Where Gerrit is reached by HTTP: `gerrit.canonicalWebUrl` of its configuration.'),
    aliases: z
      .array(repositoryBase)
      .default([])
      .describe(
        'Other base URLs under which clusters know the projects. Below `url` and below its `/a/`, and by SSH on its host, they are known already.',
      ),
    ssh: ssh.exactOptional(),
    http: http.exactOptional(),
    webhook: webhook.exactOptional(),
    readBack: z
      .enum(['api', 'none'])
      .exactOptional()
      .describe(
        'How changes are confirmed. Default: `api` where `http` is given, else `none`: they are not, and policies must say `confirmed: false`.',
      ),
    sweep,
    feedback: feedback.exactOptional(),
  })
  .superRefine((source, context) => {
    const { ssh, http, webhook } = source;
    if (!ssh && !webhook && !http)
      refuse(context, [], 'hears nothing', 'give `ssh` (stream-events), `webhook` (the webhooks plugin), or `http` (looks by itself)');
    if (!http && source.readBack === 'api')
      refuse(context, ['readBack'], 'is `api`, but `http` is not given', 'add http: { user: …, token: { file: … } }');
    if (!http && source.feedback)
      refuse(context, ['feedback'], 'needs credentials: `http` is not given', 'add http: { user: …, token: { file: … } }');
    if (ssh?.listen === 'apart' && !webhook)
      refuse(
        context,
        ['ssh', 'listen'],
        'is `apart`, but `webhook` is not given',
        '`headgate listen` hands events over by it: add webhook: { secrets: [ { file: … } ] }',
      );
  });
export type GerritSource = z.output<typeof GerritSource>;

function refuse(context: z.core.$RefinementCtx, path: readonly string[], message: string, hint: string): void {
  context.addIssue({ code: 'custom', path: [...path], message, params: { hint } });
}
