import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import type { People, Resolved } from '#core/person.ts';
import { parsePolicies } from '#policy/parse-policies.ts';

/** Made by `gpg --quick-gen-key` (ed25519, with a subkey to encrypt to); its secret part is nowhere. */
export const openpgp = {
  fingerprint: 'openpgp:775BD2118D7173B73F3F8B6B9215F609DA3E7221',
  text: `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawHvHxYJKwYBBAHaRw8BAQdAxYk+B+I05zMIqqRlikA+wJ0gjerel0JLzj3B
f82Lfym0F0phbmUgPGphbmVAZXhhbXBsZS5jb20+iJAEExYIADgWIQR3W9IRjXFz
tz8/i2uSFfYJ2j5yIQUCawHvHwIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIXgAAK
CRCSFfYJ2j5yIZ/9AQCPL+vK3SdSHMfSXzKVjvz7s3B7zDVJyE5T8/Fb63keDgEA
jLum/CqAzWfBsxZs7+P46Av665kAaiZKeLXP5KLcmgC4OARrAe8fEgorBgEEAZdV
AQUBAQdAHRDjHjM1BTt8VBfmBdoqF2L7BparPw1j3imXel5yF2kDAQgHiHgEGBYI
ACAWIQR3W9IRjXFztz8/i2uSFfYJ2j5yIQUCawHvHwIbDAAKCRCSFfYJ2j5yIdXG
AQCsre45nx2GLJxIDiY34Ox0UdOQK5V9JvNK00R+9TjBjgEAo5M7j+MzS6MnY7Up
vcz5A2RFTO9UPnAx/p89fxiDdwk=
=uhxy
-----END PGP PUBLIC KEY BLOCK-----
`,
} as const;

/** Made by `ssh-keygen`, fingerprints as `ssh-keygen -l` prints them. */
export const ssh = {
  ed25519: {
    fingerprint: 'ssh:SHA256:dwUGXASmqX4zS8MEQGjzMzXvTFvCcO0iDSpkN4Ud2sg',
    text: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOkWWpICkJbV9Uw8kSME9NB5rd5vTsSFtxXtHyGS/3EH jane@example.com',
  },
  ecdsa: {
    fingerprint: 'ssh:SHA256:svnAVLP9nbqehCN6qs/yZadk6IFI0bHkFNRx7bSQ6mI',
    text: 'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBF7CUwRdRJfVjI3gQlqRWo/ccrsQ6JqXNCeVORhs1ThHoptuj/0iaMyI4FLUcUTt6ElYtJ0bQoWFr+US+BaHcQk=',
  },
} as const;

interface Written {
  readonly Person?: Readonly<Record<string, object>>;
  readonly Group?: Readonly<Record<string, object>>;
  readonly PersonRule?: Readonly<Record<string, object>>;
}

/** Specs by kind and name, as documents: JSON is YAML. */
export function written(documents: Written): string {
  return Object.entries(documents)
    .flatMap(([kind, specs]) =>
      Object.entries(specs as Readonly<Record<string, object>>).map(([name, spec]) =>
        JSON.stringify({ apiVersion: 'headgate.dev/v1alpha1', kind, metadata: { name }, spec }),
      ),
    )
    .join('\n---\n');
}

export function peopleOf(documents: Written): People {
  return parsePolicies([{ name: 'people.yaml', text: written(documents) }]).people;
}

/** What is wrong with documents, one line for each problem, without the file's name. */
export function problemsOf(text: string): readonly string[] {
  try {
    parsePolicies([{ name: 'p', text }]);
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'POLICY_INVALID') return error.message.split('\n').map((line) => line.slice(2));
    throw error;
  }
  return assert.fail('the documents were accepted');
}

/** `jane`, or `? ` and the reason. */
export function shown(resolved: Resolved): string {
  return 'person' in resolved ? resolved.person.name : `? ${resolved.unresolved}`;
}

/** A subject of issuer `corp`. */
export function subjectOf(
  sub: string,
  claims: Readonly<Record<string, unknown>> = {},
  issuer = 'corp',
): Parameters<People['ofSubject']>[0] {
  return { issuer, iss: `https://${issuer}.example`, sub, claims: { sub, ...claims } };
}

export function accountOf(account: string | null, name = 'somebody'): { readonly account: string | null; readonly name: string } {
  return { account, name };
}
