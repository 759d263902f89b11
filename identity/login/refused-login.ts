import type * as library from 'openid-client';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { TokenRefused } from '#identity/refusal.ts';

type Library = typeof library;

/**
 * Why somebody who came back is not let in, as an error with a code of ours. The page says no more than the code; the message, for the
 * log, never holds a token, a code or what the issuer wrote of its own.
 */
export function refusedLogin(
  error: unknown,
  thrown: Pick<Library, 'AuthorizationResponseError' | 'ResponseBodyError' | 'ClientError'>,
): HeadgateError {
  if (error instanceof HeadgateError) return error;
  if (error instanceof TokenRefused) return refusedToken(error);
  if (error instanceof thrown.AuthorizationResponseError)
    return new HeadgateError('LOGIN_CANCELLED', `the issuer answered ${knownCode(error.error)}`, { cause: error });
  if (error instanceof thrown.ResponseBodyError)
    return new HeadgateError('LOGIN_FAILED', `the issuer's token endpoint answered ${error.status} ${knownCode(error.error)}`, {
      cause: error,
    });
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
  const words = [messageOf(error), ...(cause ? [cause.message] : [])].join(': ').slice(0, 2 * limits.identity.saidChars);
  if (error instanceof thrown.ClientError && error.code === undefined)
    return new HeadgateError('LOGIN_UNAVAILABLE', `the issuer cannot be asked: ${words}`, { cause: error });
  return new HeadgateError('LOGIN_FAILED', words, { cause: error });
}

function refusedToken(refusal: TokenRefused): HeadgateError {
  const { reason, message } = refusal;
  const words = `the ID token: ${reason}: ${message.slice(0, 2 * limits.identity.saidChars)}`;
  if (reason === 'keys-unavailable') return new HeadgateError('LOGIN_UNAVAILABLE', words, { cause: refusal });
  if (reason !== 'group-overage') return new HeadgateError('LOGIN_FAILED', words, { cause: refusal });
  const hint = 'Have the issuer put app roles, or only the groups that are assigned to the application, into the token.';
  return new HeadgateError('LOGIN_REFUSED', words, { hint, cause: refusal });
}

/** RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core 1.0 section 3.1.2.6. Others are not repeated: anybody can write them into an address. */
const codes: readonly string[] = [
  ...['invalid_request', 'unauthorized_client', 'access_denied', 'unsupported_response_type', 'invalid_scope', 'server_error'],
  ...['temporarily_unavailable', 'invalid_client', 'invalid_grant', 'unsupported_grant_type', 'interaction_required', 'login_required'],
  ...['account_selection_required', 'consent_required', 'invalid_request_uri', 'invalid_request_object', 'request_not_supported'],
  ...['request_uri_not_supported', 'registration_not_supported'],
];

function knownCode(code: string): string {
  return codes.includes(code) ? code : 'an error of its own';
}
