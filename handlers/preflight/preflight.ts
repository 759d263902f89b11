import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { ManifestChecks, SecretName } from '#core/ports/manifest-checks.ts';
import type { Rendered, Renderer } from '#core/ports/renderer.ts';
import { manifestName, type Manifest, type PreflightFile, type PreflightFinding } from '#core/preflight.ts';
import type { Subject } from '#core/subject.ts';
import { explain, type Explaining } from '#handlers/explain.ts';
import { explainFor } from '#handlers/explain-request.ts';
import type { ExplainedTarget, Explanation } from '#handlers/explanation.ts';
import { findCredentials, findSecretsInClear } from '#handlers/preflight/find-credentials.ts';
import { overlaysIn } from '#handlers/preflight/overlays.ts';
import { isManifestFile, joined, parseManifests, type Parsed } from '#handlers/preflight/parse-manifests.ts';
import { secretReferences } from '#handlers/preflight/secret-references.ts';

export interface Preflighting extends Explaining {
  readonly clock: Clock;
  readonly manifestChecks: ManifestChecks;
  readonly renderer: Renderer;
}

/** What is about to be pushed to one ref. */
export interface PreflightQuestion {
  readonly source?: string;
  /** Full name on the source, or one of its URLs. */
  readonly repository: string;
  readonly ref: string;
  /** Full id of what the ref is going to lead to. */
  readonly revision?: string;
  /** Paths that differ; absent: not known. */
  readonly paths?: readonly string[];
  /** Everything below the directories that are deployed, as it is going to be. */
  readonly files: readonly PreflightFile[];
  /** Whoever asks by a token. */
  readonly subject?: Subject;
}

export interface Preflight {
  /** `refuse`: at least one finding is an error. */
  readonly verdict: 'pass' | 'refuse';
  readonly findings: readonly PreflightFinding[];
  /** How many objects were looked at. */
  readonly manifests: number;
  /** Clusters whose schemas they were held against; null stands for the saved ones. */
  readonly against: readonly (string | null)[];
  /** What would come of it, by the same code as the live path. */
  readonly explanation: Explanation;
}

/**
 * Looks at what would be applied before it enters history: parsed, rendered, held against schemas, searched for secrets, and decided about. Nothing is
 * written anywhere. What is not ready within limits.preflight.deadline is a finding of severity `unknown`, so that the answer is always in time.
 * @throws HeadgateError as explain
 */
export async function preflight(deps: Preflighting, question: PreflightQuestion): Promise<Preflight> {
  const { files, ...supposed } = question;
  const deadline = deadlineOf(deps.clock);
  try {
    // Which clusters it is about is known without asking anybody; a second authority that does not answer in time allows nothing.
    const unasked = explain(deps, supposed);
    const [explanation, looked] = await Promise.all([
      Promise.race([explainFor(deps, supposed), deadline.over.then(() => unasked)]),
      lookAt(deps, files, unasked, deadline),
    ]);
    const all = [...looked.findings, ...denials(explanation)];
    return {
      verdict: all.some(isError) ? 'refuse' : 'pass',
      findings: worstFirst(all).slice(0, limits.preflight.findings),
      manifests: looked.manifests,
      against: looked.against,
      explanation,
    };
  } finally {
    deadline.cancel();
  }
}

/** What is found in the files themselves, held against the clusters that would apply them. */
async function lookAt(
  deps: Preflighting,
  files: readonly PreflightFile[],
  explanation: Explanation,
  deadline: Deadline,
): Promise<Pick<Preflight, 'findings' | 'manifests' | 'against'>> {
  const { signal } = deadline;
  const { manifests, findings } = await objectsOf(deps, files, signal);
  const clusters = clustersOf(explanation);
  const against = clusters.length > 0 ? clusters : [null];
  const checked = await Promise.all([
    ...against.map((cluster) =>
      inTime(deadline, 'holding objects against schemas', deps.manifestChecks.validate(cluster, manifests, signal)),
    ),
    ...clusters.map((cluster) => inTime(deadline, 'looking for Secrets', missingSecrets(deps, cluster, explanation, manifests, signal))),
  ]);
  const all = [...findings, ...findCredentials(files), ...findSecretsInClear(manifests), ...checked.flat()];
  return { findings: all, manifests: manifests.length, against };
}

/** What files come to: directories with a kustomization are built where kustomize is there, other files are taken as they are. */
async function objectsOf(deps: Preflighting, files: readonly PreflightFile[], signal: AbortSignal): Promise<Parsed> {
  const overlays = overlaysIn(files);
  const plain = parseManifests(overlays.plain.filter(({ path }) => isManifestFile(path)));
  if (overlays.findings.length > 0) return { ...plain, findings: [...plain.findings, ...overlays.findings] };
  if (overlays.roots.length === 0) return plain;
  const built = await builtOf(deps.renderer, files, overlays.roots, signal);
  return joined([plain, built ?? withoutKustomize(overlays)]);
}

/** Undefined where there is no kustomize. */
async function builtOf(
  renderer: Renderer,
  files: readonly PreflightFile[],
  roots: readonly string[],
  signal: AbortSignal,
): Promise<Parsed | undefined> {
  try {
    const rendered = await renderer.render(files, roots, signal);
    return joined(
      rendered.map((one): Parsed => {
        if ('yaml' in one) return parseManifests([{ path: one.directory, text: one.yaml }], 'rendered');
        return { manifests: [], findings: [notBuilt(one)] };
      }),
    );
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'TOOL_MISSING') return undefined;
    throw error;
  }
}

function notBuilt(one: Extract<Rendered, { readonly unbuilt: string }>): PreflightFinding {
  const { directory: path, unbuilt: message } = one;
  return one.isWrong
    ? { code: 'render-failed', severity: 'error', path, line: null, message }
    : { code: 'not-rendered', severity: 'unknown', path, line: null, message };
}

function withoutKustomize({
  roots,
  resources,
}: {
  readonly roots: readonly string[];
  readonly resources: readonly PreflightFile[];
}): Parsed {
  const lying = parseManifests(resources.filter(({ path }) => isManifestFile(path)));
  const message =
    'neither kustomize nor kubectl is installed on the server: resources are looked at as they lie there, without what patches and generators make of them';
  const unbuilt = roots.map((path) => ({ code: 'not-rendered', severity: 'unknown', path, line: null, message }) as const);
  return joined([lying, { manifests: [], findings: unbuilt }]);
}

async function missingSecrets(
  { manifestChecks }: Preflighting,
  cluster: string,
  explanation: Explanation,
  manifests: readonly Manifest[],
  signal: AbortSignal,
): Promise<readonly PreflightFinding[]> {
  const namespaces = [...new Set(explanation.targets.filter(({ target }) => target.cluster === cluster).flatMap((one) => one.namespaces))];
  const references = secretReferences(manifests).flatMap((reference) => {
    // An object without a namespace goes where whatever applies it says; with several of those that is not known here. Elsewhere nobody looks: the answer
    // would tell a pusher what lies in namespaces that are none of theirs.
    const [namespace, ...others] = namespaces.filter((one) => reference.from.namespace === null || one === reference.from.namespace);
    return namespace === undefined || others.length > 0 ? [] : [{ ...reference, namespace }];
  });
  const asked = references.slice(0, limits.preflight.secrets);
  const answers = await manifestChecks.secrets(
    cluster,
    asked.map(({ namespace, name }): SecretName => ({ namespace, name })),
    signal,
  );
  const unseen = answers.some((answer) => answer === undefined) ? [secretsUnseen(cluster)] : [];
  return [
    ...asked.flatMap(({ from, namespace, name }, index) =>
      answers[index] === false ? [secretMissing(from, `${namespace}/${name}`, cluster)] : [],
    ),
    ...unseen,
  ];
}

function secretMissing(from: Manifest, secret: string, cluster: string): PreflightFinding {
  const message = `${manifestName(from)} needs Secret ${secret}, which cluster ${cluster} does not have and nothing here brings`;
  return { code: 'secret-missing', severity: 'warning', path: from.path, line: from.line, message };
}

function secretsUnseen(cluster: string): PreflightFinding {
  const message = `whether Secrets exist in cluster ${cluster} may not be looked at, or was not answered in time (docs/how-to/preflight.md)`;
  return { code: 'secrets-unseen', severity: 'unknown', path: '', line: null, message };
}

/** A push that would not be deployed may be right all the same: reviews and signatures may follow. So it is said, and refuses nothing. */
function denials({ targets }: Explanation): readonly PreflightFinding[] {
  return targets.filter(({ decision }) => decision.verdict !== 'allow').map((target) => ({ ...denied, message: whyDenied(target) }));
}

const denied = { code: 'denied', severity: 'warning', path: '', line: null } as const;

function whyDenied({ target, decision }: ExplainedTarget): string {
  const why = decision.reasons.map(({ message }) => message).join('; ');
  return `${target.kind} ${target.namespace}/${target.name} of cluster ${target.cluster} would not run it: ${why}`;
}

function clustersOf({ targets, candidates }: Explanation): readonly string[] {
  const ofTargets = targets.map(({ target }) => target.cluster);
  return [...new Set(ofTargets.length > 0 ? ofTargets : candidates.map(({ target }) => target.cluster))].toSorted();
}

interface Deadline {
  readonly signal: AbortSignal;
  /** Resolves when the time is over. */
  readonly over: Promise<void>;
  readonly cancel: () => void;
}

function deadlineOf(clock: Clock): Deadline {
  const controller = new AbortController();
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(limits.preflight.deadline, () => {
    controller.abort();
    resolve();
  });
  return { signal: controller.signal, over, cancel };
}

/** What comes too late is not waited for. */
async function inTime({ over }: Deadline, what: string, asked: Promise<readonly PreflightFinding[]>): Promise<readonly PreflightFinding[]> {
  const message = `${what} took longer than ${limits.preflight.deadline / 1_000} s, and was given up`;
  return Promise.race([asked, over.then(() => [{ code: 'too-slow', severity: 'unknown', path: '', line: null, message }] as const)]);
}

function isError({ severity }: PreflightFinding): boolean {
  return severity === 'error';
}

function worstFirst(findings: readonly PreflightFinding[]): readonly PreflightFinding[] {
  const rank = { error: 0, warning: 1, unknown: 2 } as const;
  return findings.toSorted((one, other) => rank[one.severity] - rank[other.severity]);
}
