const WIDTH = 140;

/** JSON as the repository's formatter writes it: objects on lines, lists of plain values on one line where they fit. */
export function jsonText(value: unknown): string {
  return `${write(value, '', 0)}\n`;
}

/** @param used characters before the value on its line */
function write(value: unknown, indent: string, used: number): string {
  if (Array.isArray(value)) return writeList(value, indent, used);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const lines = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) => {
      const start = `${inner}${JSON.stringify(key)}: `;
      return start + write(field, inner, start.length);
    });
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
}

function writeList(list: readonly unknown[], indent: string, used: number): string {
  const oneLine = `[${list.map((item) => JSON.stringify(item)).join(', ')}]`;
  const plain = list.every((item) => typeof item !== 'object' || item === null);
  if (plain && used + oneLine.length < WIDTH) return oneLine;
  const inner = `${indent}  `;
  return `[\n${list.map((item) => inner + write(item, inner, inner.length)).join(',\n')}\n${indent}]`;
}
