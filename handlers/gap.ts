import { limits } from '#core/limits.ts';
import type { EventStream } from '#core/ports/event-stream.ts';

/**
 * A time in which a stream may have left out events. It is told of before it is over (Gerrit's `dropped-output` comes ahead of what is missing), so
 * that one sweep is not enough: they follow each other until two in a row have found nothing while the stream was quiet.
 */
export class Gap {
  readonly cause = 'after a gap in the stream';
  readonly #stream: Pick<EventStream, 'health'>;
  #tries = 0;
  #answered = 0;
  #agreed = 0;

  constructor(stream: Pick<EventStream, 'health'>) {
    this.#stream = stream;
  }

  /** A sweep ends, whatever it came to. @returns milliseconds until the next one */
  nextStep(): number {
    const { least, most } = limits.sweep.gapStep;
    return Math.min(most, least * 2 ** Math.min(this.#tries++, 30));
  }

  /** The source has answered. @param begunAt when the sweep began, milliseconds since the epoch @param entered how many heads it found that nothing told of */
  isOverAfter(begunAt: number, entered: number): boolean {
    const { heardAt } = this.#stream.health();
    const isQuiet = heardAt === null || heardAt <= begunAt - limits.sweep.gapQuiet;
    this.#agreed = isQuiet && entered === 0 ? this.#agreed + 1 : 0;
    return this.#agreed >= 2 || ++this.#answered >= limits.sweep.gapLooks;
  }
}
