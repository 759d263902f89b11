import { ancestryConformance } from './read-back/ancestry.ts';
import { headConformance } from './read-back/heads.ts';
import { rangeConformance } from './read-back/ranges.ts';
import type { ReadBackUnderTest } from './read-back/read-back-under-test.ts';
import { troubleConformance } from './read-back/troubles.ts';

export type { ReadBackUnderTest } from './read-back/read-back-under-test.ts';

/**
 * What every ReadBack must satisfy, shown on real bare git repositories that the suite fills by itself.
 * @param open starts a server and a ReadBack of it; the suite calls its `stop` when it has finished
 */
export function readBackConformance(name: string, open: () => Promise<ReadBackUnderTest>): void {
  describe(`read-back conformance: ${name}`, function () {
    this.timeout(60_000);
    let subject: ReadBackUnderTest | undefined;
    before(async () => {
      subject = await open();
    });
    after(() => subject?.stop());
    const opened = (): ReadBackUnderTest => {
      if (subject === undefined) throw new Error('there is nothing to test');
      return subject;
    };
    headConformance(opened);
    ancestryConformance(opened);
    rangeConformance(opened);
    troubleConformance(opened);
  });
}
