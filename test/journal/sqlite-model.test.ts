import { compareWithModel } from './model/model-test.ts';
import { SqliteWorld } from './sqlite-world.ts';

describe('an SQLite journal', () => {
  it('does what a plain model of it does, whatever the order of events, crashes included', async function () {
    this.timeout(300_000);
    await compareWithModel(() => SqliteWorld.open(), 5);
  });
});
