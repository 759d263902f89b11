import { finding, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import { seesGroup } from '../rights/membership.ts';
import type { GerritQuestion } from './question.ts';

/** Whether the groups that policies name can be seen; those that are kept outside of Gerrit have no page of their own. @throws HeadgateError SOURCE_… */
export async function checkGroups({ client, about, asking }: GerritQuestion, groups: readonly string[]): Promise<readonly Finding[]> {
  const asked = groups.filter((group) => !group.includes(':')).slice(0, limits.check.groups);
  const sees = seesGroup(client, asking);
  const looked = await Promise.all(asked.map(async (group) => ({ group, isSeen: await sees(group) })));
  const seen = looked.filter(({ isSeen }) => isSeen).length;
  return [
    ...(seen === 0 ? [] : [finding('SOURCE_GROUP', about, 'good', `groups that policies name and the account sees: ${seen}`)]),
    ...looked.flatMap(({ group, isSeen }) =>
      isSeen
        ? []
        : [finding('SOURCE_GROUP', about, 'bad', `policies name group ${group}, which the account does not see, or there is none`)],
    ),
  ];
}
