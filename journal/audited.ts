import { HeadgateError } from '#core/errors.ts';
import { loadPostgres } from '#journal/postgres/connections.ts';
import { chainOf } from '#journal/postgres/read-chain.ts';
import { openReader, unavailable, type Reader } from '#journal/postgres/reader.ts';
import type { ChainLink } from '#journal/records/chain.ts';
import type { KeptName } from '#journal/records/person-references.ts';
import { verifyChain, verifyChainInTurn, type Anchor, type ChainReport } from '#journal/records/verify-chain.ts';
import { readChain } from '#journal/sqlite/read-chain.ts';
import { readNames } from '#journal/sqlite/read-names.ts';

/** A journal as an auditor reads it: as of one moment, beside whoever has it open, and nothing is written. */
export interface AuditedJournal {
  /** For people: its file, or where its database is. */
  readonly name: string;
  /** @throws HeadgateError JOURNAL_UNREADABLE, JOURNAL_UNAVAILABLE */
  verify(anchors: readonly Anchor[]): Promise<ChainReport>;
  /** Hands over every link, by seq. @throws HeadgateError as verify */
  each(take: (link: ChainLink) => void): Promise<void>;
  /** Whom the references in records mean, as far as that is kept. @throws HeadgateError as verify */
  names(): Promise<readonly KeptName[]>;
}

export function auditedFile(path: string): AuditedJournal {
  return {
    name: path,
    verify: async (anchors) => readChain(path, ({ base, links }) => verifyChain(base, links, anchors)),
    each: async (take) =>
      readChain(path, ({ links }) => {
        for (const link of links) take(link);
      }),
    names: async () => readNames(path),
  };
}

/** @param url as the config's secret has it; what it says beside host, port and database is never shown */
export function auditedDatabase(url: string): AuditedJournal {
  return {
    name: placeOf(url),
    verify: (anchors) =>
      reading(url, (reader) =>
        reader.snapshot(async (moment) => {
          const { base, links } = await chainOf(moment);
          return verifyChainInTurn(base, links, anchors);
        }),
      ),
    each: (take) => reading(url, (reader) => handOver(reader, take)),
    names: () => reading(url, (reader) => reader.rows<KeptName>('SELECT reference, name, at FROM person ORDER BY name, reference')),
  };
}

/** A look that breaks off is not begun anew once something was handed over: whoever takes it would have that twice. */
function handOver(reader: Reader, take: (link: ChainLink) => void): Promise<void> {
  let taken = 0;
  return reader.snapshot(async (moment) => {
    if (taken > 0)
      throw new HeadgateError('JOURNAL_UNAVAILABLE', `the connection to Postgres broke after ${taken} records`, {
        hint: 'What was printed is not all: begin again.',
      });
    const { links } = await chainOf(moment);
    for await (const link of links) {
      take(link);
      taken++;
    }
  });
}

async function reading<T>(url: string, task: (reader: Reader) => Promise<T>): Promise<T> {
  const reader = openReader(await loadPostgres(), url);
  try {
    return await task(reader);
  } catch (error) {
    throw unavailable(error);
  } finally {
    await reader.close();
  }
}

function placeOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? `postgres://${parsed.host}${parsed.pathname}` : 'the journal in Postgres';
}
