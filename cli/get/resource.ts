import type { z } from 'zod';
import type { Cell } from '../table.ts';

/** A column of a listing. */
export interface Column<Item> {
  readonly header: string;
  /** Shown with `-o wide` only. */
  readonly wide?: true;
  cell(item: Item, now: number): Cell | string;
}

/** A kind of thing that `headgate get` lists. */
export interface Resource {
  /** As typed, for example `deliveries`; also the last part of the API's path. */
  readonly name: string;
  readonly description: string;
  /** Options that the server filters by: name → what it takes. */
  readonly filters: Readonly<Record<string, string>>;
  /** Options without a value, each of which the server takes as `name=1`. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Whether `--since` applies. */
  readonly dated: boolean;
  /** Whether the list comes in pages. */
  readonly paged: boolean;
  headers(wide: boolean): readonly string[];
  /** @throws z.ZodError when an item is not what the API documents */
  row(item: unknown, now: number, wide: boolean): readonly Cell[];
}

export interface ResourceDefinition<Item> extends Pick<Resource, 'name' | 'description' | 'filters' | 'flags' | 'dated' | 'paged'> {
  readonly schema: z.ZodType<Item>;
  readonly columns: readonly Column<Item>[];
}

/** Binds columns to the schema of their items. */
export function defineResource<Item>(definition: ResourceDefinition<Item>): Resource {
  const { schema, columns, ...rest } = definition;
  const shown = (wide: boolean): readonly Column<Item>[] => columns.filter((column) => wide || column.wide !== true);
  return {
    ...rest,
    headers: (wide) => shown(wide).map(({ header }) => header),
    row: (raw, now, wide) => {
      const item = schema.parse(raw);
      return shown(wide).map((column) => {
        const cell = column.cell(item, now);
        return typeof cell === 'string' ? { text: cell } : cell;
      });
    },
  };
}
