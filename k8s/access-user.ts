import { isObject } from '#core/json.ts';
import type { Subject } from '#core/subject.ts';

/** One claim, or the keys to one that lies deeper, and what the cluster puts before it. */
export interface ClaimTemplate {
  readonly claim: string | readonly string[];
  readonly prefix: string;
}

/** How subjects of one issuer are called in the cluster. */
export interface AccessSubject {
  readonly issuer: string;
  readonly user: ClaimTemplate;
  readonly groups?: ClaimTemplate | undefined;
}

/** What the config says of the second authority of one cluster. */
export interface AccessConfig {
  /** What comes of a change behind which nobody verified stands. */
  readonly pushers: 'allow' | 'deny';
  readonly subjects: readonly AccessSubject[];
}

/** By the names of the clusters; one that is asked about nobody is not there. */
export function accessByCluster(
  clusters: readonly { readonly name: string; readonly access?: AccessConfig | undefined }[],
): ReadonlyMap<string, AccessConfig> {
  return new Map(clusters.flatMap(({ name, access }) => (access ? [[name, access] as const] : [])));
}

/** Somebody as the cluster's authorizer knows them. */
export interface KubeUser {
  readonly user: string;
  readonly groups: readonly string[];
}

const AUTHENTICATED = 'system:authenticated';

/**
 * The name that the cluster itself would give a subject. The authorizer believes whatever it is told, `system:masters` too, and takes an
 * empty user that has groups for somebody: so no claim may come to a name of Kubernetes or to none.
 * @param own whether this very cluster has said that the subject is a service account of its own
 * @returns in words why there is none
 */
export function kubeUserOf(subject: Subject, own: boolean, templates: readonly AccessSubject[]): KubeUser | string {
  if (own) return serviceAccount(subject.sub);
  const template = templates.find(({ issuer }) => issuer === subject.issuer);
  if (!template) return `access.subjects of the cluster does not say how subjects of issuer ${subject.issuer} are called there`;
  const user = userOf(subject, template.user);
  if (!('name' in user)) return user.why;
  const groups = groupsOf(subject, template.groups);
  return 'why' in groups ? groups.why : { user: user.name, groups: [...groups.names, AUTHENTICATED] };
}

/** In the groups that the API server puts its service accounts in (k8s.io/apiserver pkg/authentication/serviceaccount). */
function serviceAccount(sub: string): KubeUser | string {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(sub) ?? [];
  if (namespace === undefined) return `${sub} is no service account`;
  return { user: sub, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED] };
}

type Why = { readonly why: string };

function userOf({ claims }: Subject, { claim, prefix }: ClaimTemplate): { readonly name: string } | Why {
  const value = claimAt(claims, claim);
  if (typeof value !== 'string' || value === '') return { why: `the token has no text as claim ${nameOf(claim)}` };
  // As kube-apiserver does with --oidc-username-claim=email.
  if (nameOf(claim) === 'email' && Object.hasOwn(claims, 'email_verified') && claims['email_verified'] !== true)
    return { why: 'the issuer has not verified the address in claim email' };
  return named(prefix, value);
}

/** Whoever has no such claim is in no group of it. */
function groupsOf({ claims }: Subject, template: ClaimTemplate | undefined): { readonly names: readonly string[] } | Why {
  if (!template) return { names: [] };
  const value = claimAt(claims, template.claim) ?? [];
  if (!Array.isArray(value)) return { why: `claim ${nameOf(template.claim)} is not a list` };
  const names: string[] = [];
  for (const one of value as readonly unknown[]) {
    const group =
      typeof one === 'string' && one !== ''
        ? named(template.prefix, one)
        : { why: `claim ${nameOf(template.claim)} is not a list of text` };
    if ('why' in group) return group;
    names.push(group.name);
  }
  return { names };
}

function named(prefix: string, value: string): { readonly name: string } | Why {
  const name = `${prefix}${value}`;
  if (/\p{Cc}/u.test(name)) return { why: 'a claim holds control characters' };
  return name.toLowerCase().startsWith('system:') ? { why: `${name} is a name of Kubernetes itself` } : { name };
}

function claimAt(claims: Subject['claims'], claim: ClaimTemplate['claim']): unknown {
  return [claim].flat().reduce<unknown>((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), claims);
}

function nameOf(claim: ClaimTemplate['claim']): string {
  return [claim].flat().join('.');
}
