import { z } from 'zod';
import type { Asking, GerritClient } from '../rest/client.ts';
import { accountPath, query } from '../rest/paths.ts';

/** `AccountInfo` with details ("Account Endpoints"). */
const AccountInfo = z.object({
  _account_id: z.int().nonnegative(),
  name: z.string().optional(),
  username: z.string().optional(),
  email: z.string().optional(),
  inactive: z.boolean().optional(),
});
export type AccountInfo = z.output<typeof AccountInfo>;

/**
 * The account with this id or user name; undefined where Gerrit shows none, or several. A name alone could match another one's e-mail address, so
 * that it is searched for as a user name. @throws HeadgateError SOURCE_…
 */
export async function findAccount(client: Pick<GerritClient, 'get'>, account: string, asking: Asking): Promise<AccountInfo | undefined> {
  if (/^\d{1,15}$/.test(account)) {
    const found = await client.get(AccountInfo, `${accountPath(account)}/detail`, asking);
    return 'data' in found ? found.data : undefined;
  }
  if (!/^[\w.@+-]{1,255}$/.test(account)) return undefined;
  const found = await client.get(z.array(AccountInfo), `/accounts/${query({ q: `username:${account}`, o: 'DETAILS', n: 2 })}`, asking);
  const [only, ...more] = 'data' in found ? found.data : [];
  return more.length === 0 && only?.username === account ? only : undefined;
}
