import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { createLog, type LogOptions } from '#server/log.ts';

function logged(write: (log: Log) => void, over: Partial<LogOptions> = {}): string {
  let text = '';
  const destination = { write: (line: string) => void (text += line) };
  write(createLog({ level: 'info', encoding: 'json', destination, clock: new SimulatedClock(), ...over }));
  return text;
}

const parsed = (write: (log: Log) => void): Record<string, unknown> => JSON.parse(logged(write));

describe('the log', () => {
  it("has Flux's keys", () => {
    const line = parsed((log) => log.info('patched', { controllerKind: 'GitRepository', name: 'app', namespace: 'apps', revision: 'abc' }));
    assert.deepEqual(line, {
      level: 'info',
      ts: '2026-01-01T00:00:00.000Z',
      controllerKind: 'GitRepository',
      name: 'app',
      namespace: 'apps',
      revision: 'abc',
      msg: 'patched',
    });
    assert.equal(logged((log) => log.info('x')).split('\n').length, 2);
  });

  it('writes levels as words, and what is below its level not at all', () => {
    const text = logged((log) => {
      log.debug('d');
      log.info('i');
      log.warn('w');
      log.error('e');
    });
    assert.deepEqual(
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { level: string }).level),
      ['info', 'warn', 'error'],
    );
  });

  it('writes errors by message, and the stack of defects only', () => {
    const shown = parsed((log) => log.warn('x', { error: new HeadgateError('DENIED', 'not allowed') }));
    assert.deepEqual([shown['error'], shown['stack']], ['not allowed', undefined]);
    const defect = parsed((log) => log.error('x', { error: new TypeError('undefined is not a function') }));
    assert.equal(defect['error'], 'undefined is not a function');
    assert.match(String(defect['stack']), /log\.test\.ts/);
  });

  const canary = 'canary-0815-4711';
  const carriers: readonly [string, Record<string, unknown>][] = [
    ...[
      'authorization',
      'Authorization',
      'cookie',
      'set-cookie',
      'token',
      'accessToken',
      'secret',
      'webhookSecret',
      'secrets',
      'password',
      'passphrase',
    ].map((name): [string, Record<string, unknown>] => [name, { [name]: canary }]),
    ...['signature', 'x-hub-signature-256', 'credentials', 'apiKey', 'api_key', 'privateKey', 'body', 'headers', 'payload'].map(
      (name): [string, Record<string, unknown>] => [name, { [name]: { deep: [canary] } }],
    ),
    ['a nested header', { request: { headersDistinct: { authorization: [canary] } } }],
    ['a nested token in a list', { sources: [{ name: 'hub', token: canary }] }],
    ['bytes', { raw: Buffer.from(canary) }],
    ['a URL with a user', { url: `https://me:${canary}@git.example/app` }],
    ['a URL in an error', { error: new Error(`fetch of https://${canary}@git.example/app failed`) }],
    ['a bearer in an error', { error: new Error(`sent Authorization: Bearer ${canary}`) }],
    ['a signature in a text', { detail: `got sha256=${canary}` }],
    ['the cause of an error', { error: new Error('outer', { cause: new Error(canary) }) }],
    ['a property of an error', { error: Object.assign(new Error('x'), { config: { token: canary } }) }],
    ['what lies too deep', { a: { b: { c: { d: { e: { f: canary } } } } } }],
  ];
  for (const encoding of ['json', 'console'] as const)
    for (const [what, fields] of carriers)
      it(`never writes a secret that comes as ${what} (${encoding})`, () => {
        const text = logged((log) => log.error('failed', fields), { encoding });
        assert.ok(text.includes('failed'));
        assert.ok(!text.includes('canary'), text);
      });

  it('never writes a secret that comes in a message', () => {
    assert.ok(!logged((log) => log.info(`cloned ssh://git:${canary}@git.example/app`)).includes('canary'));
  });

  it('keeps what is no secret', () => {
    const line = parsed((log) =>
      log.info('x', { url: 'https://git.example/app', target: 'prod/GitRepository/apps/app', count: 3, ok: true, none: null, list: ['a'] }),
    );
    assert.deepEqual(
      [line['url'], line['target'], line['count'], line['ok'], line['none'], line['list']],
      ['https://git.example/app', 'prod/GitRepository/apps/app', 3, true, null, ['a']],
    );
  });

  it('bounds what it writes', () => {
    const line = logged((log) => log.info('m'.repeat(1e6), { text: 't'.repeat(1e6), list: Array.from({ length: 1e4 }, () => 'x') }));
    assert.ok(line.length < 3 * limits.log.textChars);
  });

  it('writes a date that is none', () => {
    assert.match(
      logged((log) => log.info('x', { when: new Date(Number.NaN) })),
      /"when":"\(no date\)"/,
    );
  });

  it('writes one line of JSON whatever the fields are', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    assert.equal(logged((log) => log.info('x', cyclic)).split('\n').length, 2);
    fc.assert(
      fc.property(
        fc.string(),
        fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withDate: true, withMap: true })),
        (message, fields) => {
          const text = logged((log) => log.info(message, fields));
          assert.equal(text.trimEnd().split('\n').length, 1);
          JSON.parse(text);
        },
      ),
    );
  });

  it('for people is one line too, which no message can forge or colour', () => {
    const text = logged(
      (log) => log.warn('a\n00:00:00.000 error forged \u001b[31m', { ref: 'refs/heads/main', note: 'two words', extra: 'x\ny' }),
      {
        encoding: 'console',
      },
    );
    assert.equal(text, '00:00:00.000 warn  a\\n00:00:00.000 error forged \\u001b[31m ref=refs/heads/main note="two words" extra="x\\ny"\n');
  });
});
