import { HeadgateError } from '#core/errors.ts';

/** An API server's refusal or failure to answer. */
export class ApiError extends HeadgateError {
  /** HTTP status of the answer, null when there was none. */
  readonly httpStatus: number | null;

  constructor(httpStatus: number | null, message: string, cause?: unknown) {
    super(isRefusal(httpStatus) ? 'CLUSTER_REFUSED' : 'CLUSTER_UNREACHABLE', message, cause === undefined ? {} : { cause });
    this.httpStatus = httpStatus;
  }
}

/** 429 and 5xx pass by themselves; the other 4xx do not. */
function isRefusal(status: number | null): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** Whether an error is an API server's answer with one of these statuses. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof ApiError && error.httpStatus !== null && statuses.includes(error.httpStatus);
}

/** The error for an answer, in the words of its `Status` body (meta/v1) when it has one. */
export function errorOf(cluster: string, httpStatus: number, body: string): ApiError {
  return new ApiError(httpStatus, `${cluster}: ${statusMessage(body) ?? `HTTP ${httpStatus}`}`);
}

function statusMessage(body: string): string | undefined {
  try {
    const status: unknown = JSON.parse(body);
    if (typeof status !== 'object' || status === null || !('message' in status)) return undefined;
    return typeof status.message === 'string' && status.message !== '' ? status.message : undefined;
  } catch {
    return undefined; // proxies answer in other formats; the status code remains
  }
}
