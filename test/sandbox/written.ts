import { PassThrough } from 'node:stream';

/** A stream that remembers what was written and tells when it contains something. */
export class Written extends PassThrough {
  text = '';

  constructor() {
    super();
    this.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
    });
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.text);
      if (found) return found;
      await new Promise((resolve) => this.once('data', resolve));
    }
  }
}
