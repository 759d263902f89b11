import { broughtConformance } from './journal/brought.ts';
import { lineageConformance } from './journal/lineage.ts';
import { deliveryConformance } from './journal/deliveries.ts';
import type { JournalUnderTest } from './journal/journal-under-test.ts';
import { outboxConformance } from './journal/outbox.ts';
import { pageConformance } from './journal/pages.ts';
import { recordsConformance } from './journal/records.ts';
import { retentionConformance } from './journal/retention.ts';
import { settlementConformance } from './journal/settlements.ts';
import { workConformance } from './journal/work.ts';

export type { JournalUnderTest } from './journal/journal-under-test.ts';

/**
 * What every journal does, whatever it is kept in. Speaks the port alone (core/ports/journal.ts).
 * @param open opens an empty journal; the suite destroys it
 */
export function journalConformance(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`journal conformance: ${name}`, () => {
    let world: JournalUnderTest | undefined;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(async () => {
      await world?.destroy();
      world = undefined;
    });
    const opened = (): JournalUnderTest => {
      if (world === undefined) throw new Error('the journal is not open');
      return world;
    };
    deliveryConformance(opened);
    settlementConformance(opened);
    workConformance(opened);
    broughtConformance(opened);
    lineageConformance(opened);
    outboxConformance(opened);
    pageConformance(opened);
    recordsConformance(opened);
    retentionConformance(opened);
  });
}
