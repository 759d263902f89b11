import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { duration, say } from '../test/e2e/cluster/say.ts';
import type { Section } from './figures.ts';
import { full, quick, type Pace } from './pace.ts';
import { renderSection, renderVerdict, writeReport } from './report.ts';
import { measureAccepting } from './sections/accepting.ts';
import { measureAnnotating } from './sections/annotating.ts';
import { measureApplying } from './sections/applying.ts';
import { measureBurst } from './sections/burst.ts';
import { measureConfirming } from './sections/confirming.ts';
import { measureDeciding } from './sections/deciding.ts';
import { measureFlooding } from './sections/flooding.ts';
import { measureGerritEvents } from './sections/gerrit-events.ts';
import { measureHook } from './sections/hook.ts';
import { measureIdling } from './sections/idling.ts';
import { measureMatching } from './sections/matching.ts';
import { measurePackages } from './sections/packages.ts';
import { measurePublishing } from './sections/publishing.ts';
import { measurePushing } from './sections/pushing.ts';
import { measureReadingMercurial } from './sections/reading-mercurial.ts';
import { measureSharing } from './sections/sharing.ts';
import { measureSubmitting } from './sections/submitting.ts';
import { measureTokens } from './sections/tokens.ts';
import { measureVerifying } from './sections/verifying.ts';
import { createWorld, type World } from './world.ts';

/** What runs in this process alone. */
const inProcess: Readonly<Record<string, (pace: Pace) => Section | Promise<Section>>> = {
  packages: measurePackages,
  matching: measureMatching,
  deciding: measureDeciding,
  verifying: measureVerifying,
  tokens: measureTokens,
  gerrit: measureGerritEvents,
  submitting: measureSubmitting,
  hg: measureReadingMercurial,
  publishing: measurePublishing,
  pushing: measurePushing,
  hook: measureHook,
  flooding: measureFlooding,
  sharing: measureSharing,
};

/** What needs a cluster, in this order: from `idling` on source-controller is paused. */
const onCluster: Readonly<Record<string, (world: World) => Promise<Section>>> = {
  applying: measureApplying,
  burst: measureBurst,
  idling: measureIdling,
  confirming: measureConfirming,
  annotating: measureAnnotating,
  accepting: measureAccepting,
};

const usage = `bench/run.ts [--quick] [--only ${[...Object.keys(inProcess), ...Object.keys(onCluster)].join('|')}]`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
  const { only } = values;
  if (only !== undefined && !Object.hasOwn({ ...inProcess, ...onCluster }, only)) throw new Error(`no part is called ${only}. ${usage}`);
  const begun = performance.now();
  const sections: Section[] = [];
  const print = (section: Section): void => {
    sections.push(section);
    process.stdout.write(`${renderSection(section)}\n`);
  };
  const wanted = <T>(parts: Readonly<Record<string, T>>): T[] =>
    Object.entries(parts).flatMap(([name, part]) => (only === undefined || only === name ? [part] : []));
  const pace = values.quick ? quick : full;
  for (const measure of wanted(inProcess)) print(await measure(pace));
  if (wanted(onCluster).length > 0) await measureOnCluster(pace, wanted(onCluster), print);
  process.stdout.write(`${renderVerdict(sections)}\n`);
  const file = writeReport(join(import.meta.dirname, '..'), sections);
  say(`✔ measured in ${duration(performance.now() - begun)}; every sample is in ${file}`);
}

async function measureOnCluster(
  pace: Pace,
  parts: readonly ((world: World) => Promise<Section>)[],
  print: (section: Section) => void,
): Promise<void> {
  const world = await createWorld(pace);
  try {
    for (const measure of parts) print(await measure(world));
  } finally {
    await world.stop();
  }
}

try {
  await main();
} catch (error) {
  say(`✗ ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
