import { parseSync, Visitor, type Node } from 'oxc-parser';
import type { ImportEdge } from './import-table.ts';

/**
 * Every module that a file names: imports, re-exports, `import()` and `import('…')` in types, type-only ones included.
 * @throws Error when the text is not TypeScript, or when an `import()` has no literal specifier
 */
export function readImports(file: string, text: string): readonly ImportEdge[] {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors.map((error) => error.message).join('; ')}`);
  const edges: ImportEdge[] = [];
  const add = (source: Node | null): void => {
    if (source === null) return;
    const line = text.slice(0, source.start).split('\n').length;
    if (source.type !== 'Literal' || typeof source.value !== 'string') throw new Error(`${file}:${line}: import() of something computed`);
    edges.push({ line, specifier: source.value });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
  }).visit(program);
  return edges;
}
