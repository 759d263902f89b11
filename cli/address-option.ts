import { Option } from 'commander';
import { parseAddress, type Address } from '#config/network.ts';
import { HeadgateError } from '#core/errors.ts';

/** A word, because commander takes a null that a parser returns for an empty text. */
const nowhere = 'none';

export type AddressOrNowhere = Address | typeof nowhere;

/** An option that takes host:port, or `none`. @param standard its default, as it is written */
export function addressOption(flags: string, description: string, standard: string): Option {
  return new Option(flags, description).argParser(readAddress).default(readAddress(standard), standard);
}

/** Null for `none`. */
export function somewhere(read: AddressOrNowhere): Address | null {
  return read === nowhere ? null : read;
}

/** @throws HeadgateError USAGE */
function readAddress(text: string): AddressOrNowhere {
  if (text === nowhere) return nowhere;
  const parsed = parseAddress(text);
  if (parsed) return parsed;
  throw new HeadgateError('USAGE', `${text} is no address`, { hint: 'Write host:port, for example 127.0.0.1:9441, or none.' });
}
