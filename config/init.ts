import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { firstConfig, firstPolicy, githubSteps, type Findings } from '#config/init-texts.ts';

export interface InitOptions extends Findings {
  /** Where to write; made when it is not there. */
  readonly directory: string;
}

export interface InitResult {
  /** Absolute or relative as `directory` is. */
  readonly configFile: string;
  readonly written: readonly string[];
  /** Files that were there already and were left as they are. */
  readonly kept: readonly string[];
  /** What to do next, a paragraph each. */
  readonly nextSteps: readonly string[];
}

/**
 * Writes a commented Config, a first policy and a random webhook secret, which load as they are. Overwrites nothing.
 * @throws HeadgateError CONFIG_UNREADABLE when the directory cannot be written
 */
export function init(options: InitOptions): InitResult {
  const configFile = join(options.directory, 'headgate.yaml');
  const secretFile = join(options.directory, 'secrets', 'hub-webhook');
  const files: readonly NewFile[] = [
    { path: configFile, text: firstConfig(options), mode: 0o644 },
    { path: join(options.directory, 'policies', 'first.yaml'), text: firstPolicy(options), mode: 0o644 },
    { path: secretFile, text: `${randomBytes(32).toString('hex')}\n`, mode: 0o600 },
    { path: join(options.directory, 'secrets', '.gitignore'), text: '*\n', mode: 0o644 },
  ];
  const written = files.filter(writeNew).map(({ path }) => path);
  const kept = files.map(({ path }) => path).filter((path) => !written.includes(path));
  return { configFile, written, kept, nextSteps: githubSteps(configFile, secretFile) };
}

interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** False when there is something at the path already. */
function writeNew({ path, text, mode }: NewFile): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true, ...(mode === 0o600 ? { mode: 0o700 } : {}) });
    writeFileSync(path, text, { mode, flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new HeadgateError('CONFIG_UNREADABLE', `cannot write ${path}: ${messageOf(error)}`, {
      hint: 'Name a directory that this user may write.',
      cause: error,
    });
  }
}
