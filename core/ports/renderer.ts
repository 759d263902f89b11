import type { PreflightFile } from '#core/preflight.ts';

/** Builds overlays, as kustomize does. */
export interface Renderer {
  /**
   * What each directory is built to, as YAML, or in words why it cannot be. Nothing is fetched from anywhere.
   * @param files everything that may be read
   * @param directories from the root of the files; empty for the root itself
   * @throws HeadgateError TOOL_MISSING
   */
  render(files: readonly PreflightFile[], directories: readonly string[], signal: AbortSignal): Promise<readonly Rendered[]>;
}

export type Rendered = { readonly directory: string } & (
  | { readonly yaml: string }
  /** Why not, and whether what was pushed is to blame. */
  | { readonly unbuilt: string; readonly isWrong: boolean }
);
