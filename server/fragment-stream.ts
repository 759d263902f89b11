import type { ServerResponse } from 'node:http';
import type { Announcement, Announcer } from '#core/announcements.ts';
import type { Cancel, Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { EventStream, EventStreams } from '#server/event-stream.ts';

export interface FragmentDeps {
  readonly announcer: Pick<Announcer, 'subscribe'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly streams: EventStreams;
}

/** The changing part of a page. */
export interface Fragment {
  /** Renders it as it is now. */
  render(): Promise<string>;
  /** Whether an announcement may have changed it. */
  concerns(announcement: Announcement): boolean;
  /** Asked before each rendering: whether the reader may still see it. */
  allowed(): boolean;
}

/**
 * Sends the fragment, and again whenever something that concerns it has changed: as `event: fragment` with the HTML as data.
 * However much happens, it is rendered at most once in limits.http.fragmentInterval.
 * @throws HeadgateError OVERLOADED, SHUTTING_DOWN
 */
export function streamFragment(deps: FragmentDeps, response: ServerResponse, fragment: Fragment): void {
  const sender = new FragmentSender(deps, fragment);
  sender.begin(deps.streams.open(response, () => sender.stop()));
}

class FragmentSender {
  readonly #deps: FragmentDeps;
  readonly #fragment: Fragment;
  #stream: EventStream | undefined;
  #unsubscribe: () => void = () => {};
  #cancelPause: Cancel = () => {};
  #state: 'idle' | 'busy' | 'due' = 'idle';
  #sent = '';

  constructor(deps: FragmentDeps, fragment: Fragment) {
    this.#deps = deps;
    this.#fragment = fragment;
  }

  /** It sends at once: something may have changed since the page itself was rendered. */
  begin(stream: EventStream): void {
    this.#stream = stream;
    this.#unsubscribe = this.#deps.announcer.subscribe((announcement) => {
      if (this.#fragment.concerns(announcement)) this.#changed();
    });
    this.#changed();
  }

  stop(): void {
    this.#unsubscribe();
    this.#cancelPause();
  }

  #changed(): void {
    if (this.#state !== 'idle') {
      this.#state = 'due';
      return;
    }
    this.#state = 'busy';
    this.#send().catch((error: unknown) => {
      this.#deps.log.warn('a live page ended', { error: messageOf(error) });
      this.#stream?.end();
    });
  }

  async #send(): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined || stream.ended) return;
    if (!this.#fragment.allowed()) return stream.end();
    const html = await this.#fragment.render();
    if (stream.ended) return;
    if (html !== this.#sent) stream.send({ event: 'fragment', data: html });
    this.#sent = html;
    this.#cancelPause = this.#deps.clock.after(limits.http.fragmentInterval, () => this.#rested());
  }

  #rested(): void {
    const isDue = this.#state === 'due';
    this.#state = 'idle';
    if (isDue) this.#changed();
  }
}
