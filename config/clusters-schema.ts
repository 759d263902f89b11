import { z } from 'zod';
import { policiesTarget } from '#core/policies-target.ts';
import { name, uniqueNames } from '#config/name.ts';
import { limits } from '#core/limits.ts';

/** Decisions about the policies themselves are made under this name. */
function notOurs(text: string, context: z.core.$RefinementCtx): void {
  if (text !== policiesTarget.cluster) return;
  const hint = 'decisions about the policies themselves are listed under this name; choose another';
  context.addIssue({ code: 'custom', message: `cannot be \`${text}\``, params: { hint } });
}

const kubeconfig = z.strictObject({
  path: z.string().min(1).describe("Path of the kubeconfig; relative to the config file's directory."),
  context: z.string().min(1).optional().describe('Context to use. Absent = its current context.'),
});

const claim = z.string().min(1).max(255);

/** A name of the cluster, made of one claim. */
function template(what: string, example: string) {
  return z
    .strictObject({
      claim: z
        .union([claim, z.array(claim).min(1).max(limits.identity.claimsDepth)])
        .describe(`Claim of the token that is ${what}; a list of keys reaches claims within claims.`),
      prefix: z
        .string()
        .max(255)
        .regex(/^[\x20-\x7e]*$/, 'must be visible ASCII')
        .describe(`What the cluster puts before it: the prefix that its API server is configured with, \`${example}\` for example.`),
      unprefixed: z
        .literal(true)
        .optional()
        .describe(
          'Allows an empty `prefix`, where the API server really uses none: then a claim can be the name of anybody in the cluster.',
        ),
    })
    .superRefine(checkPrefix);
}

function checkPrefix(
  { prefix, unprefixed }: { readonly prefix: string; readonly unprefixed?: true | undefined },
  context: z.core.$RefinementCtx,
): void {
  if (prefix.toLowerCase().startsWith('system:'))
    refuse(
      context,
      ['prefix'],
      'is that of names of Kubernetes itself',
      'the prefix that the API server is configured with, such as `oidc:`',
    );
  if (prefix === '' && unprefixed !== true)
    refuse(
      context,
      ['prefix'],
      'is empty: then a claim can be the name of anybody in the cluster',
      'the prefix that the API server is configured with; if it has none, say `unprefixed: true`',
    );
}

const access = z.strictObject({
  pushers: z
    .enum(['allow', 'deny'])
    .default('allow')
    .describe('Changes behind which nobody verified stands, pushes for example: whether policy alone decides them, or they are denied.'),
  subjects: z
    .array(
      z.strictObject({
        issuer: z.string().min(1).describe('Name of an issuer of `spec.identity`.'),
        user: template('the user', 'oidc:').describe('How its subjects are called in the cluster.'),
        groups: template('the list of groups', 'oidc:').optional().describe('The groups that they are in there. Absent = none.'),
      }),
    )
    .superRefine(distinctSubjects)
    .default([])
    .describe('Subjects that are known to the cluster. Its own service accounts are without being listed; whoever is not known is denied.'),
});

/** One kubeconfig leads to one cluster. */
function distinctRemotes(remotes: readonly z.output<typeof remote>[], context: z.core.$RefinementCtx): void {
  const keys = remotes.map(({ namespace, secret, configMap }) => JSON.stringify([namespace, secret, configMap]));
  keys.forEach((key, index) => {
    if (keys.indexOf(key) < index) refuse(context, [index], 'is listed already', 'one entry for each Secret or ConfigMap');
  });
}

interface NamedSubject {
  readonly issuer: string;
  readonly user: { readonly prefix: string };
}

/** Subjects of two issuers must never come to one name. */
function distinctSubjects(subjects: readonly NamedSubject[], context: z.core.$RefinementCtx): void {
  subjects.forEach(({ issuer, user }, index) => {
    const earlier = subjects.slice(0, index);
    if (earlier.some((other) => other.issuer === issuer))
      refuse(context, [index, 'issuer'], `\`${issuer}\` is taken by an earlier entry`, 'one entry for each issuer');
    else if (earlier.some((other) => other.user.prefix === user.prefix))
      refuse(
        context,
        [index, 'user', 'prefix'],
        `\`${user.prefix}\` is that of another issuer`,
        'subjects of both could have one name in the cluster: give each issuer a prefix of its own, there too',
      );
  });
}

function refuse(context: z.core.$RefinementCtx, path: PropertyKey[], message: string, hint: string): void {
  context.addIssue({ code: 'custom', path, message, params: { hint } });
}

const kubeName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'must be a Kubernetes name');

const remote = z
  .strictObject({
    namespace: kubeName.describe('Namespace of the Kustomization or HelmRelease, in which its `spec.kubeConfig` is looked for.'),
    secret: kubeName.optional().describe('Name in `spec.kubeConfig.secretRef`.'),
    configMap: kubeName.optional().describe('Name in `spec.kubeConfig.configMapRef`.'),
    cluster: name.describe('How policies call the cluster that it leads to. It need not be one of `spec.clusters`.'),
  })
  .superRefine(({ secret, configMap }, context) => {
    if ((secret === undefined) !== (configMap === undefined)) return;
    refuse(context, [], 'must have exactly one of `secret` and `configMap`', '{ namespace: flux-system, secret: edge, cluster: edge }');
  })
  .meta({ oneOf: [{ required: ['secret'] }, { required: ['configMap'] }] });

const cluster = z
  .strictObject({
    name: name.superRefine(notOurs).describe('How the cluster is called in policies, target keys, logs and metrics.'),
    kubeconfig: kubeconfig.optional().describe('Connects with a kubeconfig.'),
    inCluster: z.strictObject({}).optional().describe("Connects to the cluster that Headgate runs in, with its pod's service account."),
    remotes: z
      .array(remote)
      .superRefine(distinctRemotes)
      .default([])
      .describe(
        'Other clusters that Kustomizations and HelmReleases of this one write to (`spec.kubeConfig`). What writes to one that is not listed is denied.',
      ),
    access: access
      .optional()
      .describe(
        'Makes the cluster a second authority: it is asked (SubjectAccessReview) whether whoever stands behind a change may `reconcile` the object. Policy has to allow it as well. Absent = it is not asked.',
      ),
  })
  .superRefine((value, context) => {
    if ((value.kubeconfig === undefined) !== (value.inCluster === undefined)) return;
    context.addIssue({
      code: 'custom',
      message: 'must have exactly one of `kubeconfig` and `inCluster`',
      params: { hint: 'kubeconfig: { path: ./kubeconfig, context: prod } or inCluster: {}' },
    });
  })
  .meta({ oneOf: [{ required: ['kubeconfig'] }, { required: ['inCluster'] }] });

/** `spec.clusters`. */
export const clustersSchema = z
  .array(cluster)
  .superRefine(uniqueNames)
  .default([])
  .describe('Clusters whose Flux objects are watched and triggered.');
