import { contentConformance } from './hg-back-end/contents.ts';
import { differenceConformance } from './hg-back-end/differences.ts';
import { historyConformance } from './hg-back-end/histories.ts';
import { nameConformance } from './hg-back-end/names.ts';
import { rangeConformance } from './hg-back-end/ranges.ts';
import { troubleConformance } from './hg-back-end/troubles.ts';
import type { HgBackEndUnderTest } from './hg-back-end/under-test.ts';

export type { HgBackEndUnderTest, HgCommitSpec, HgContent, HgHands } from './hg-back-end/under-test.ts';

/**
 * What every HgBackEnd must satisfy, shown on repositories that the suite fills by itself.
 * @param archives false: for a host that makes none; then files and ranges are left out
 * @param open starts a host and a back end that asks it; the suite calls its `stop` when it has finished
 */
export function hgBackEndConformance(name: string, open: () => Promise<HgBackEndUnderTest>, { archives = true } = {}): void {
  describe(`Mercurial back end conformance: ${name}`, function () {
    this.timeout(120_000);
    let subject: HgBackEndUnderTest | undefined;
    before(async () => {
      subject = await open();
    });
    after(() => subject?.stop());
    const opened = (): HgBackEndUnderTest => {
      if (subject === undefined) throw new Error('there is nothing to test');
      return subject;
    };
    nameConformance(opened);
    historyConformance(opened);
    if (archives) rangeConformance(opened);
    if (archives) contentConformance(opened);
    if (archives) differenceConformance(opened);
    troubleConformance(opened);
  });
}
