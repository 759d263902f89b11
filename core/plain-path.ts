/** Whether no part of a path between its slashes is empty, `.` or `..`: it is relative, has no slashes at its ends, and means what it spells. */
export function isPlainPath(path: string): boolean {
  return path.split('/').every((part) => !['', '.', '..'].includes(part));
}
