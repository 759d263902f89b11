import { resourceOf, type Kind } from '#sandbox/cluster/kinds.ts';

/** What a client is told instead of an object: `kind: Status` of apimachinery's meta/v1. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: number, reason: string, message: string, details?: Readonly<Record<string, unknown>>) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toJSON(): Readonly<Record<string, unknown>> {
    const { message, reason, details, code } = this;
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason };
    return details === undefined ? { ...status, code } : { ...status, details, code };
  }
}

type Named = Pick<Kind, 'group' | 'plural' | 'kind'>;

function detailsOf(kind: Named, name: string): Readonly<Record<string, unknown>> {
  return kind.group === '' ? { name, kind: kind.plural } : { name, group: kind.group, kind: kind.plural };
}

export function notFound(kind: Named, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${resourceOf(kind)} "${name}" not found`, detailsOf(kind, name));
}

export function alreadyExists(kind: Named, name: string): StatusError {
  return new StatusError(409, 'AlreadyExists', `${resourceOf(kind)} "${name}" already exists`, detailsOf(kind, name));
}

export function conflict(kind: Named, name: string): StatusError {
  const message = `Operation cannot be fulfilled on ${resourceOf(kind)} "${name}": the object has been modified; please apply your changes to the latest version and try again`;
  return new StatusError(409, 'Conflict', message, detailsOf(kind, name));
}

/** @param field for example `metadata.name` */
export function invalid(kind: Named, name: string, field: string, problem: string): StatusError {
  const message = `${kind.kind}${kind.group === '' ? '' : `.${kind.group}`} "${name}" is invalid: ${field}: ${problem}`;
  const causes = [{ reason: 'FieldValueInvalid', message: problem, field }];
  return new StatusError(422, 'Invalid', message, { name, group: kind.group, kind: kind.kind, causes });
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

export function forbidden(user: string, verb: string, kind: Named, namespace: string | undefined, name = ''): StatusError {
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const object = name === '' ? ' ' : ` "${name}" `;
  const message = `${resourceOf(kind)}${object}is forbidden: User "${user}" cannot ${verb} resource "${kind.plural}" in API group "${kind.group}" ${where}`;
  return new StatusError(403, 'Forbidden', message, detailsOf(kind, name));
}

/** The history before that point is gone: list again. */
export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message);
}

export function tooLarge(requested: number, current: number): StatusError {
  const message = `Timeout: Too large resource version: ${requested}, current: ${current}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new StatusError(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new StatusError(415, 'UnsupportedMediaType', message);
}

export function methodNotAllowed(): StatusError {
  return new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
}
