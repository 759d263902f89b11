import type { Who } from '#sandbox/gerrit/access.ts';
import type { GerritAccount } from '#sandbox/gerrit/account.ts';
import { type Change, type ChangeVote, type RequirementResult, standingVotes } from '#sandbox/gerrit/change.ts';
import type { GerritProject, LabelDefinition } from '#sandbox/gerrit/project.ts';
import { rangeOf, requirementsOf } from '#sandbox/gerrit/review.ts';
import { timestamp } from '#sandbox/gerrit/rest/call.ts';
import type { Site } from '#sandbox/gerrit/site.ts';

type Shown = (account: GerritAccount) => object;

/** `labels` of a change: `all` with DETAILED_LABELS, who approved or rejected with LABELS. */
export function labelsInfo(
  site: Site,
  project: GerritProject,
  change: Change,
  wanted: { readonly all: boolean; readonly summary: boolean },
  account: Shown,
): object {
  const votes = standingVotes(change);
  return Object.fromEntries(
    project.labels.map((label): [string, object] => {
      const cast = votes.filter((vote) => vote.label === label.name);
      const { min, max } = rangeOf(project, label.name);
      const approved = cast.find((vote) => vote.value === max);
      const rejected = cast.find((vote) => vote.value === min);
      return [
        label.name,
        {
          ...(wanted.summary && approved !== undefined ? { approved: account(approved.account) } : {}),
          ...(wanted.summary && rejected !== undefined ? { rejected: account(rejected.account) } : {}),
          ...(wanted.all ? { all: approvals(site, project, change, cast, account, label), values: label.values } : {}),
          description: '',
          default_value: 0,
          optional: true,
        },
      ];
    }),
  );
}

/** What a reader may vote; on a merged change nothing below what stands. */
export function permittedLabels(site: Site, who: Who, project: GerritProject, change: Change): object {
  const entries = project.labels.flatMap(({ name, values }): [string, string[]][] => {
    const range = site.access.votes(who, project, change.branch, name);
    if (range === undefined) return [];
    const floor = change.status === 'MERGED' ? Math.max(0, range.min) : range.min;
    const given = Object.keys(values).toSorted((a, b) => Number(a) - Number(b));
    return [[name, given.filter((value) => Number(value) >= floor && Number(value) <= range.max)]];
  });
  return Object.fromEntries(entries);
}

/** The older form of what holds: labels are `MAY` since submit requirements decide. */
export function submitRecords(project: GerritProject, change: Change, account: Shown): readonly object[] {
  if (change.autoClosed) return [];
  const votes = standingVotes(change);
  const labels = project.labels.map(({ name }) => {
    const by = votes.find((vote) => vote.label === name && vote.value === rangeOf(project, name).max);
    return { label: name, status: 'MAY', ...(by === undefined ? {} : { applied_by: account(by.account) }) };
  });
  const status = change.status === 'MERGED' ? 'CLOSED' : 'OK';
  const forced = change.requirements?.some((each) => each.status === 'FORCED') === true ? [{ status: 'FORCED' }] : [];
  return [{ rule_name: 'gerrit~DefaultSubmitRule', status, labels }, ...forced];
}

/** `submit_requirements`: as they were at the submit, or as they are. */
export function requirementsInfo(project: GerritProject, change: Change): readonly object[] {
  return (change.requirements ?? requirementsOf(project, change)).map(requirementInfo);
}

function requirementInfo({ name, description, status, expression, fulfilled }: RequirementResult): object {
  const applies = expression !== '-has:unresolved';
  const [needed = '', unwanted = ''] = expression.split(' AND -');
  const atoms = applies ? [needed, unwanted] : [];
  return {
    name,
    description,
    status,
    is_legacy: false,
    ...(applies ? {} : { applicability_expression_result: { fulfilled: false, status: 'FAIL' } }),
    submittability_expression_result: {
      expression,
      fulfilled,
      status: applies ? (fulfilled ? 'PASS' : 'FAIL') : 'NOT_EVALUATED',
      passing_atoms: fulfilled ? atoms.slice(0, 1) : [],
      failing_atoms: fulfilled ? atoms.slice(1) : atoms,
      atom_explanations: Object.fromEntries(atoms.map((atom) => [atom, ''])),
    },
  };
}

/** Everybody who voted, and reviewers without a vote as 0; a change without either names its submitter. */
function approvals(
  site: Site,
  project: GerritProject,
  change: Change,
  cast: readonly ChangeVote[],
  account: Shown,
  label: LabelDefinition,
): readonly object[] {
  const shown = cast.map(({ tag, value, at, postSubmit, account: voter }) => ({
    ...(tag === undefined ? {} : { tag }),
    value,
    date: timestamp(at),
    ...(postSubmit ? { post_submit: true } : {}),
    permitted_voting_range:
      change.status === 'MERGED'
        ? { min: value, max: value }
        : (site.access.votes(voter, project, change.branch, label.name) ?? { min: 0, max: 0 }),
    ...account(voter),
  }));
  const others = change.status === 'MERGED' && cast.length === 0 && change.submitter !== undefined ? [change.submitter] : [];
  const silent = [...(change.status === 'NEW' ? change.reviewers : []), ...others].filter(
    (each) => !cast.some((vote) => vote.account === each),
  );
  return [...shown, ...silent.map((each) => ({ value: 0, ...account(each) }))];
}
