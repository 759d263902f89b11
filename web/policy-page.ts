import type { Decision } from '#core/decision.ts';
import { badge } from './badge.ts';
import { decisionTable } from './decision-rows.ts';
import { html, type Html } from './html.ts';
import type { Page } from './layout.ts';
import { plainData } from './plain-data.ts';
import { modeStatus } from './policies-page.ts';
import type { ShownPolicy } from './policy-shape.ts';

export interface PolicyView {
  readonly policy: ShownPolicy;
  /** The last decisions in which it had a say, newest first. */
  readonly decisions: readonly Decision[];
  /** How many decisions were looked through for them. */
  readonly lookedThrough: number;
  readonly now: number;
}

/** `/policies/{name}`. */
export function policyPage({ policy, decisions, lookedThrough, now }: PolicyView): Page {
  const { name, hash, mode, enforcement, place } = policy;
  const content = html`<div class="heading"><h1>${name}</h1><p class="badges">${badge(modeStatus(mode))} ${badge({ tone: 'none', word: enforcement })}</p></div>
${mode === 'audit' && html`<p class="callout warn">It holds nothing back: what it would deny is allowed and put on record, where every policy concerned is in audit mode.</p>`}
${enforcement === 'advisory' && html`<p class="dim lead">Advisory: Headgate triggers only what is allowed, but Flux still polls by itself. It is not a gate.</p>`}
<dl class="facts"><div><dt>Written at</dt><dd><code>${place}</code></dd></div><div><dt>Hash</dt><dd><code title="${hash}">${hash.slice(0, 12)}</code></dd></div></dl>
<section aria-labelledby="rules"><h2 id="rules">What it says</h2><div class="rules">${rules(policy)}</div></section>
<section aria-labelledby="last"><h2 id="last">What it decided last</h2>
${decisions.length > 0 ? decisionTable(decisions, now) : html`<p class="empty">It had no say in the last ${lookedThrough} decisions.</p>`}</section>`;
  return { title: `Policy ${name}`, section: '/policies', content };
}

/** Keys of a policy in the order of its judgement, with what each asks. */
const asks: readonly (readonly [key: string, question: string])[] = [
  ['targets', 'It is about what is written to'],
  ['changes', 'It takes a change that fits any of these'],
  ['reviews', 'Of everything since the last allowed commit it wants reviewed'],
  ['checks', 'Checks that must have passed'],
  ['signed', 'Signatures'],
  ['subjects', 'Behind it must stand any of these'],
  ['variables', 'Named expressions'],
  ['validations', 'And this must be true'],
];

const head: readonly string[] = ['name', 'hash', 'mode', 'enforcement', 'place'];

function rules(policy: ShownPolicy): readonly Html[] {
  const given = Object.entries(policy).filter(([key]) => !head.includes(key));
  const known = asks.flatMap(([key, question]) => given.filter(([name]) => name === key).map(([, value]) => part(question, value)));
  const others = given.filter(([key]) => asks.every(([name]) => name !== key)).map(([key, value]) => part(key, value));
  return [...known, ...others];
}

function part(question: string, value: unknown): Html {
  return html`<div class="card none"><h3 class="sub">${question}</h3>${plainData(value)}</div>`;
}
