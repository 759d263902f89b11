import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RightAnswer } from '#core/ports/source-rights.ts';
import type { AccessRule, RuleSection } from '#adapters/gerrit/rights/access-rules.ts';
import { permitted } from '#adapters/gerrit/rights/permission.ts';

const ref = 'refs/heads/main';
const user = { id: 1_000_002, username: 'dev', emails: ['dev@example.com'] };

const rule = (action: AccessRule['action'], group = 'devs', force = false): AccessRule => ({ group, action, force });
const section = (pattern: string, rules: readonly AccessRule[], more: Partial<RuleSection> = {}): RuleSection => ({
  depth: 0,
  pattern,
  exclusive: false,
  rules,
  ...more,
});
const groups: Readonly<Record<string, RightAnswer>> = { devs: 'yes', everyone: 'yes', others: 'no', hidden: 'unknown' };
const answerOf = (...sections: readonly RuleSection[]): RightAnswer =>
  permitted(sections, { ref, user, isIn: (group) => groups[group] ?? 'no' });

describe('a permission of Gerrit access rules', () => {
  it('is not given where nothing gives it', () => {
    assert.equal(answerOf(), 'no');
    assert.equal(answerOf(section('refs/heads/*', [rule('ALLOW', 'others')])), 'no');
    assert.equal(answerOf(section('refs/heads/stable', [rule('ALLOW')])), 'no');
    assert.equal(answerOf(section('refs/tags/*', [rule('ALLOW')])), 'no');
  });

  it('is given by the ref itself, a prefix, an expression, or a place of one’s own', () => {
    for (const pattern of [ref, 'refs/heads/*', 'refs/*', '^refs/heads/ma.*', '^refs/.+'])
      assert.equal(answerOf(section(pattern, [rule('ALLOW')])), 'yes', pattern);
    const own = (pattern: string, at: string): RightAnswer =>
      permitted([section(pattern, [rule('ALLOW')])], { ref: at, user, isIn: () => 'yes' });
    assert.equal(own('refs/heads/${username}/*', 'refs/heads/dev/x'), 'yes');
    assert.equal(own('refs/heads/${username}/*', 'refs/heads/eve/x'), 'no');
    assert.equal(own('^refs/heads/${username}/v[0-9]+', 'refs/heads/dev/v12'), 'yes');
    assert.equal(own('refs/heads/${shardeduserid}/*', 'refs/heads/02/1000002/x'), 'yes');
    assert.equal(own('refs/heads/${username}/*', 'refs/heads/dev@example.com/x'), 'yes');
  });

  it('is unknown where an address that nobody told of, or an expression that is not read, could fit', () => {
    const own = (pattern: string, at: string): RightAnswer =>
      permitted([section(pattern, [rule('ALLOW')])], { ref: at, user, isIn: () => 'yes' });
    assert.equal(own('refs/heads/${username}/*', 'refs/heads/eve@example.com/x'), 'unknown');
    assert.equal(own('refs/heads/${team}/*', 'refs/heads/dev/x'), 'unknown');
    assert.equal(answerOf(section('^refs/heads/(?!stable).*', [rule('ALLOW')])), 'unknown');
    assert.equal(answerOf(section('^refs/heads/[a-z&&[^b]]+', [rule('ALLOW')])), 'unknown');
  });

  it('an expression has to fit the whole ref, and takes linear time', () => {
    assert.equal(answerOf(section('^refs/heads/ma', [rule('ALLOW')])), 'no');
    assert.equal(answerOf(section(`^(${'a?'.repeat(40)}${'(a*)*'.repeat(20)})*$`, [rule('ALLOW')])), 'no');
  });

  it('a DENY hides what is inherited for the same pattern and group, and nothing else', () => {
    const inherited = section('refs/heads/*', [rule('ALLOW')], { depth: 1 });
    assert.equal(answerOf(section('refs/heads/*', [rule('DENY')]), inherited), 'no');
    assert.equal(answerOf(section(ref, [rule('DENY')]), inherited), 'yes');
    assert.equal(answerOf(section('refs/heads/*', [rule('DENY', 'others')]), inherited), 'yes');
  });

  it('an exclusive section hides what is less specific', () => {
    const wide = section('refs/heads/*', [rule('ALLOW')]);
    assert.equal(answerOf(wide, section(ref, [rule('ALLOW', 'others')], { exclusive: true })), 'no');
    assert.equal(answerOf(wide, section('refs/*', [rule('ALLOW', 'others')], { exclusive: true, depth: 1 })), 'yes');
    assert.equal(answerOf(wide, section(ref, [], { exclusive: true })), 'no');
  });

  it('a BLOCK wins over whatever a project below allows', () => {
    const block = section('refs/*', [rule('BLOCK')], { depth: 1 });
    assert.equal(answerOf(section(ref, [rule('ALLOW')]), block), 'no');
    assert.equal(answerOf(section(ref, [rule('ALLOW')], { exclusive: true }), block), 'no');
    assert.equal(answerOf(section(ref, [rule('ALLOW')]), section('refs/*', [rule('BLOCK', 'others')], { depth: 1 })), 'yes');
    assert.equal(answerOf(section(ref, [rule('ALLOW')]), section('refs/*', [rule('BLOCK', 'devs', true)], { depth: 1 })), 'yes');
  });

  it('a BLOCK is lifted by an ALLOW of its own section, and by an exclusive one of its project that is more specific', () => {
    const everybody = rule('BLOCK', 'everyone');
    assert.equal(answerOf(section('refs/heads/*', [rule('BLOCK', 'everyone'), rule('ALLOW')])), 'yes');
    assert.equal(answerOf(section(ref, [rule('ALLOW')], { exclusive: true }), section('refs/heads/*', [everybody])), 'yes');
    assert.equal(answerOf(section(ref, [rule('ALLOW')]), section('refs/heads/*', [everybody])), 'no');
    assert.equal(answerOf(section('refs/*', [rule('ALLOW')], { exclusive: true }), section('refs/heads/*', [everybody])), 'no');
  });

  it('is unknown where a group that decides it is out of sight, and never yes for it', () => {
    assert.equal(answerOf(section(ref, [rule('ALLOW', 'hidden')])), 'unknown');
    assert.equal(answerOf(section(ref, [rule('ALLOW', 'hidden'), rule('ALLOW')])), 'yes');
    assert.equal(answerOf(section(ref, [rule('ALLOW')]), section('refs/*', [rule('BLOCK', 'hidden')], { depth: 1 })), 'unknown');
    assert.equal(answerOf(section('refs/*', [rule('BLOCK', 'hidden')])), 'no');
  });

  it('is unknown where it hangs on how specific an expression is', () => {
    const expression = section('^refs/heads/.*', [], { exclusive: true });
    assert.equal(answerOf(section('refs/heads/*', [rule('ALLOW')]), expression), 'unknown');
    assert.equal(answerOf(section('refs/heads/*', [rule('ALLOW', 'others')]), expression), 'no');
  });

  it('says that it is unknown of more orders than are looked at', () => {
    const many = Array.from({ length: 12 }, (_, index) => section(`^refs/heads/.{0,${index + 10}}`, [rule('ALLOW')]));
    assert.equal(answerOf(...many), 'unknown');
  });

  it('agrees with every world that fits what is known', () => {
    const some = fc.record({
      depth: fc.nat(2),
      pattern: fc.constantFrom(ref, 'refs/heads/*', 'refs/*', 'refs/heads/other'),
      exclusive: fc.boolean(),
      rules: fc.array(
        fc.record({
          group: fc.constantFrom('a', 'b', 'c'),
          action: fc.constantFrom('ALLOW' as const, 'DENY' as const, 'BLOCK' as const),
          force: fc.boolean(),
        }),
        { maxLength: 3 },
      ),
    });
    const sight = fc.record({
      a: fc.constantFrom<RightAnswer>('yes', 'no', 'unknown'),
      b: fc.constantFrom<RightAnswer>('yes', 'no', 'unknown'),
      c: fc.constantFrom<RightAnswer>('yes', 'no', 'unknown'),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(some, { maxLength: 5, selector: ({ depth, pattern }) => `${depth} ${pattern}` }),
        sight,
        (sections, seen) => {
          const said = permitted(sections, { ref, user, isIn: (group) => seen[group as 'a'] });
          const worlds = worldsOf(seen).map((members) => oracle(sections, members));
          if (said === 'unknown') return !Object.values(seen).every((answer) => answer !== 'unknown');
          return worlds.every((world) => world === (said === 'yes'));
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

function worldsOf(seen: Readonly<Record<string, RightAnswer>>): readonly ReadonlySet<string>[] {
  let worlds: readonly (readonly string[])[] = [[]];
  for (const [group, answer] of Object.entries(seen))
    worlds = worlds.flatMap((world) => [...(answer === 'no' ? [] : [[...world, group]]), ...(answer === 'yes' ? [] : [world])]);
  return worlds.map((world) => new Set(world));
}

/** Gerrit's own loops once more, of two values, for patterns that are no expressions. */
function oracle(all: readonly RuleSection[], members: ReadonlySet<string>): boolean {
  const fitting = all
    .filter(({ pattern }) => (pattern.endsWith('/*') ? ref.startsWith(pattern.slice(0, -1)) : pattern === ref))
    .toSorted((a, b) => b.pattern.length - a.pattern.length || a.depth - b.depth);
  project: for (const depth of [2, 1, 0]) {
    for (const { rules, exclusive } of fitting.filter((each) => each.depth === depth)) {
      const isAllowed = rules.some(({ action, group }) => action === 'ALLOW' && members.has(group));
      if (exclusive && isAllowed) continue project;
      const isBlocked = rules.some(({ action, force, group }) => action === 'BLOCK' && !force && members.has(group));
      if (isBlocked && !isAllowed) return false;
    }
  }
  const seen: string[] = [];
  for (const { rules, exclusive, pattern } of fitting) {
    for (const { action, group } of rules) {
      const pair = `${pattern} ${group}`;
      if (!seen.includes(pair) && action === 'ALLOW' && members.has(group)) return true;
      seen.push(pair);
    }
    if (exclusive) return false;
  }
  return false;
}
