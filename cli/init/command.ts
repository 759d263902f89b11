import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { print, tell, type Io } from '../io.ts';
import { styleFor } from '../style.ts';
import { discover, type GithubPlace, type InitOptions, type Surroundings } from './discover.ts';
import type { MercurialPlace } from './find-mercurial.ts';
import { knownHosts, sshKey } from './mercurial-templates.ts';
import { configText, policyText, secretText } from './templates.ts';

/** `headgate init`: a commented Config, a first policy and a webhook secret. */
export function addInit(program: Command, io: Io): void {
  program
    .command('init')
    .description('write a commented config, a first policy and a webhook secret; asks nothing, finds out what it can')
    .option('--dir <directory>', 'where to write', '.')
    .addOption(new Option('--type <type>', 'what has the repository; default what this checkout is of').choices(['github', 'hg']))
    .option('--repository <name>', 'org/app, or its URL on a GitHub Enterprise Server or of Mercurial; default where this checkout is from')
    .option('--oci <address>', 'Mercurial: where it is published for Flux, oci://registry.example.com/infra:default')
    .option('--path <directory>', 'Mercurial: directory of the repository that is published; default all of it')
    .option('--kubeconfig <file>', 'default KUBECONFIG, ~/.kube/config, or the cluster that this runs in')
    .option('--context <name>', 'context of the kubeconfig; default the current one')
    .option('--namespace <namespace>', 'only namespace that may be written to; default every one')
    .action(async (options: InitOptions & { readonly dir: string }) => {
      const found = await discover(io, options);
      const directory = resolve(io.cwd, options.dir);
      await writeAll(directory, filesFor(found));
      tellNext(io, directory, found);
    });
}

function secretFile({ source: { type } }: Surroundings): string {
  return type === 'hg' ? 'secrets/hg-hook' : 'secrets/github-webhook';
}

interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

function filesFor(found: Surroundings): readonly NewFile[] {
  return [
    { path: 'headgate.yaml', text: configText(found), mode: 0o644 },
    { path: 'policies/first.yaml', text: policyText(found), mode: 0o644 },
    { path: secretFile(found), text: secretText(), mode: 0o600 },
    { path: 'secrets/.gitignore', text: '*\n', mode: 0o644 },
  ];
}

/** Writes all or none, and never over what is there. */
async function writeAll(directory: string, files: readonly NewFile[]): Promise<void> {
  for (const { path } of files) {
    const taken = await stat(join(directory, path)).catch(() => undefined);
    if (taken)
      throw new HeadgateError('USAGE', `${join(directory, path)} is there already`, {
        hint: 'Move it away, or name another directory with --dir.',
      });
  }
  const written: string[] = [];
  try {
    for (const { path, text, mode } of files) {
      const file = join(directory, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { flag: 'wx', mode });
      written.push(file);
      await chmod(file, mode);
    }
  } catch (error) {
    await Promise.all(written.map((file) => rm(file, { force: true })));
    throw new HeadgateError('USAGE', `cannot write into ${directory}: ${messageOf(error)}`, {
      hint: 'Name another directory with --dir.',
      cause: error,
    });
  }
}

function tellNext(io: Io, directory: string, found: Surroundings): void {
  const style = styleFor(io.stdout, io.env);
  const config = join(directory, 'headgate.yaml');
  const secret = secretFile(found);
  print(
    io,
    ['headgate.yaml', 'policies/first.yaml', secret].map((file) => `${style.good('✔')} ${join(directory, file)}`),
  );
  if (found.cluster === null) tell(io, '► no kubeconfig was found: add a cluster to spec.clusters');
  const { source } = found;
  for (const line of source.type === 'hg' ? mercurialSteps(source, directory) : githubSteps(source, join(directory, secret)))
    tell(io, line);
  tell(io, `► next: headgate check --pre --config ${config}`);
  tell(io, `        headgate serve --config ${config}`);
}

function githubSteps({ url, repository }: GithubPlace, secret: string): readonly string[] {
  return [
    `► GitHub: ${url}/${repository}/settings/hooks/new`,
    '    Payload URL   where port 9292 of this machine is reached from GitHub, path /hooks/github',
    '    Content type  application/json',
    `    Secret        the content of ${secret}`,
  ];
}

function mercurialSteps({ url }: MercurialPlace, directory: string): readonly string[] {
  const { hostname: host, port } = new URL(url);
  const ssh = [
    `► SSH: ssh-keygen -q -t ed25519 -N '' -f ${join(directory, sshKey)}, and let its public half read the repositories`,
    `       ssh-keyscan ${port === '' ? '' : `-p ${port} `}${host} >> ${join(directory, knownHosts)}, and compare that with what the host publishes`,
  ];
  return [
    ...(url.startsWith('ssh:') ? ssh : []),
    `► Hook, on ${host}: headgate hg install-hook --url https://<this machine>/hooks/hg --base ${url} --root <where the repositories lie>`,
    `    with the content of ${join(directory, 'secrets/hg-hook')} as its secret: docs/how-to/mercurial-hook.md`,
    '► Flux: an OCIRepository that follows what is published: docs/how-to/publish-to-flux.md',
  ];
}
