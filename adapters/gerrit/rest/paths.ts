import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { isPlainPath } from '#core/plain-path.ts';

/**
 * Paths of Gerrit's REST API below `/a`. Names are percent-encoded as one segment ("Project Endpoints", "Change Endpoints": ids of the form
 * `project~number`): what is not encoded is another path, which Gerrit answers with 404.
 */

/** `/projects/org%2Fapp`. @throws HeadgateError SOURCE_REFUSED for what is no name of a project */
export function projectPath(project: string): string {
  return `/projects/${encodeProject(project)}`;
}

/** `/projects/org%2Fapp/branches/refs%2Fheads%2Fmain`; also of `refs/meta/config`. @param ref full */
export function branchPath(project: string, ref: string): string {
  return `${projectPath(project)}/branches/${encode(ref)}`;
}

/** `/projects/org%2Fapp/tags/refs%2Ftags%2Fv1`. @param ref full */
export function tagPath(project: string, ref: string): string {
  return `${projectPath(project)}/tags/${encode(ref)}`;
}

/** `org%2Fapp~42`: numbers alone are not unique once projects have been imported from another server. */
export function changeId(project: string, number: number): string {
  return `${encodeProject(project)}~${number}`;
}

/** `/changes/org%2Fapp~42`. */
export function changePath(project: string, number: number): string {
  return `/changes/${changeId(project, number)}`;
}

/** `/accounts/1000002`. @param account the numeric id, or `self` */
export function accountPath(account: string): string {
  return `/accounts/${encode(account)}`;
}

/** `?n=2&o=A&o=B`; nothing of it may be left to be read as another operator. */
export function query(parameters: Readonly<Record<string, string | number | readonly string[]>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [value].flat().map((one) => `${name}=${encode(String(one))}`));
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** `.` and `..` would walk up even percent-encoded (WHATWG URL, "double-dot URL path segment"). */
function encodeProject(project: string): string {
  if (project.length > limits.hint.repositoryChars || !isPlainPath(project))
    throw new HeadgateError('SOURCE_REFUSED', `${JSON.stringify(project)} is no name of a project`);
  return encode(project);
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
