import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '#core/errors.ts';
import { blocksOf, commandsIn, type Block } from './page-blocks.ts';
import { outputFault } from './shown-output.ts';
import type { Foreground } from './terminal.ts';
import { World } from './world.ts';

/** Does what a page says, in its order. @throws Error that names the line */
export async function runPage(page: string): Promise<void> {
  const blocks = blocksOf(page);
  if (!blocks.some(({ kind, attributes }) => kind === 'sh' && !attributes.has('not-run'))) return;
  const world = await World.start();
  try {
    const name = worldOf(blocks);
    if (name !== 'fresh') await world.deployed();
    if (name === 'running') await world.running();
    const reader = new Reader(world);
    for (const block of blocks) await reader.follow(block);
  } finally {
    await world.stop();
  }
}

/** What a page begins with: see "Documentation" in CONTRIBUTING.md. */
function worldOf(blocks: readonly Block[]): string {
  const name = blocks.find(({ kind }) => kind === 'world')?.text ?? 'running';
  if (!['running', 'checkout', 'fresh'].includes(name)) throw new Error(`there is no world ${name}`);
  return name;
}

/** Placeholder → the list whose newest item it stands for. */
const newest: Readonly<Record<string, string>> = {
  change: 'changes',
  delivery: 'deliveries',
  decision: 'decisions',
  reconcile: 'reconciles',
};

/** Follows a page block by block. */
class Reader {
  readonly #world: World;
  /** What the screen shows since the last commands; undefined when they were not run. */
  #output: string | undefined;
  #foreground: Foreground | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  async follow(block: Block): Promise<void> {
    try {
      if (block.kind === 'do') await this.#act(block.text);
      if (block.kind === 'sh') await this.#run(block);
      if (block.kind === 'text') await this.#compare(block);
      if (block.kind === 'yaml') await this.#write(block);
    } catch (error) {
      throw new Error(`line ${block.line}: ${messageOf(error)}`);
    }
    if (block.kind !== 'sh' && block.kind !== 'do') this.#output = undefined;
  }

  /** What a reader does elsewhere than in the terminal. */
  async #act(action: string): Promise<void> {
    if (action === 'webhook') return this.#world.addWebhook();
    if (action === 'push') return this.#world.push();
    if (action === 'token') return this.#world.addToken();
    if (action !== 'stop') throw new Error(`there is no action ${action}`);
    await this.#world.interrupt();
    const code = await this.#foreground?.ended;
    if (code !== undefined && code !== 0) throw new Error(`it ended with ${code}:\n${this.#foreground?.output()}`);
    this.#foreground = undefined;
  }

  async #run(block: Block): Promise<void> {
    this.#output = undefined;
    if (block.attributes.has('not-run')) return;
    this.#output = '';
    for (const command of commandsIn(block)) {
      const text = await this.#filledIn(command.text);
      if (block.attributes.has('foreground')) {
        this.#foreground = this.#world.terminal.start(text);
        await this.#untilServed(this.#foreground);
        continue;
      }
      const { code, output } = await this.#world.terminal.run(text);
      this.#output += output;
      if (code !== command.exit) throw new Error(`\`${text}\` (line ${command.line}) exits with ${code}, not ${command.exit}:\n${output}`);
    }
  }

  async #untilServed(foreground: Foreground): Promise<void> {
    let over = false;
    void foreground.ended.then(() => (over = true));
    while (this.#world.server === undefined) {
      if (over) throw new Error(`it ended at once:\n${foreground.output()}`);
      await foreground.news();
    }
    await this.#world.ready();
  }

  async #compare(block: Block): Promise<void> {
    if (block.attributes.has('not-compared')) return;
    if (block.attributes.has('foreground')) return this.#compareForeground(block);
    if (this.#output === undefined) return;
    const fault = outputFault(block.text, this.#world.shown(this.#output));
    if (fault !== undefined) throw new Error(`${fault}\n--- the output is\n${this.#world.shown(this.#output)}`);
  }

  /** Waits until what runs in the foreground has written what is shown; the test's own limit ends a wait in vain. */
  async #compareForeground({ text }: Block): Promise<void> {
    const foreground = this.#foreground;
    if (foreground === undefined) throw new Error('nothing runs in the foreground');
    let over = false;
    void foreground.ended.then(() => (over = true));
    for (;;) {
      const output = this.#world.shown(foreground.output());
      const fault = outputFault(text, output, true);
      if (fault === undefined) return;
      if (over) throw new Error(`${fault}\n--- the output is\n${output}`);
      await foreground.news();
    }
  }

  /** Saves a file as the page tells to, or puts settings into one. */
  async #write({ attributes, text }: Block): Promise<void> {
    const name = attributes.get('file');
    if (name === undefined) return;
    const path = join(this.#world.directory, name);
    await mkdir(dirname(path), { recursive: true });
    const loaded = await this.#loadedPolicies();
    await writeFile(path, this.#world.real(`${text}\n`));
    if (/(^|\/)policies\//.test(name) && loaded !== undefined) while ((await this.#loadedPolicies()) === loaded) await passing();
  }

  /** What the running server decides by, undefined where none runs. */
  async #loadedPolicies(): Promise<string | undefined> {
    return this.#world.server === undefined ? undefined : JSON.stringify(await this.#world.ask('/v1/policies'));
  }

  /** The command with the reader's own values in the place of `<commit>` and the like. */
  async #filledIn(command: string): Promise<string> {
    let text = command;
    for (const [all, name = ''] of command.matchAll(/<([a-z][a-z ]*)>/g)) text = text.replace(all, await this.#value(name));
    return text;
  }

  async #value(name: string): Promise<string> {
    if (name === 'commit') return this.#world.head();
    if (name === 'port') return /git clone http:\/\/127\.0\.0\.1:(\d+)/.exec(this.#foreground?.output() ?? '')?.[1] ?? '';
    const list = newest[name];
    if (list === undefined) throw new Error(`it is not known what <${name}> stands for`);
    const { items } = await this.#world.ask<{ readonly items: readonly { readonly id: string }[] }>(`/v1/${list}?limit=1`);
    return items[0]?.id ?? '';
  }
}

function passing(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
