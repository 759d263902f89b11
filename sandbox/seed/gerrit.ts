import type { FakeGerrit } from '#sandbox/gerrit/fake-gerrit.ts';
import { newSshKey } from '#sandbox/gerrit/ssh/openssh-key.ts';
import { REVIEW_ACCOUNT } from '#sandbox/seed/documents.ts';
import { menuFiles } from '#sandbox/seed/repositories.ts';

/** What Headgate logs in with. */
export interface GerritKeys {
  readonly privateKey: string;
  readonly token: string;
}

/** The project `acme/menu` with who works on it: `cook` writes, `waiter` reviews and submits, Headgate listens. */
export async function seedGerrit(gerrit: FakeGerrit): Promise<GerritKeys> {
  const { privateKey, publicKey } = newSshKey();
  const { password: token } = gerrit.createAccount({
    username: REVIEW_ACCOUNT,
    name: 'Headgate',
    groups: ['Service Users'],
    sshKeys: [publicKey],
  });
  gerrit.createAccount({ username: 'cook', name: 'The cook' });
  gerrit.createAccount({ username: 'waiter', name: 'The waiter', groups: ['Administrators'] });
  await gerrit.createProject({ name: 'acme/menu', files: menuFiles });
  // So that Headgate sees when labels or requirements change.
  const rules = { [gerrit.group('Service Users').uuid]: { action: 'ALLOW' } } as const;
  await gerrit.setAccess('acme/menu', { 'refs/meta/config': { permissions: { read: { rules } } } });
  return { privateKey, token };
}
