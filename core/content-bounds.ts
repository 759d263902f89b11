import { HeadgateError } from './errors.ts';
import { limits } from './limits.ts';

/** @throws HeadgateError CONTENT_TOO_LARGE for more files than are read */
export function boundFiles(about: string, count: number): void {
  const { files } = limits.content;
  if (count > files) throw new HeadgateError('CONTENT_TOO_LARGE', `${about}: ${count} files, and at most ${files} are read`);
}

/** @param sizes in bytes @throws HeadgateError CONTENT_TOO_LARGE for more than is read */
export function boundBytes(about: string, sizes: readonly number[]): void {
  const { bytes, fileBytes } = limits.content;
  const largest = Math.max(0, ...sizes);
  if (largest > fileBytes) throw tooLarge(about, `a file of ${largest} bytes`, fileBytes);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total > bytes) throw tooLarge(about, `${total} bytes`, bytes);
}

function tooLarge(about: string, found: string, most: number): HeadgateError {
  return new HeadgateError('CONTENT_TOO_LARGE', `${about}: ${found}, and at most ${most} are read`);
}
