import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { processLog } from '../src/log.ts';

function aLog(isTerminal: boolean, level = 'info', secrets: string[] = []) {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  return { log: processLog(level, { stream, isTerminal, secrets }), text: () => text };
}
const token = `ghp_${'a1B2'.repeat(9)}`;

describe('the process log', () => {
  test('holds none of the secrets of Gaia, whatever their shape', () => {
    const { log, text } = aLog(false, 'info', ['a "token" of no known shape']);
    log.error({ error: new Error('refused: a "token" of no known shape') }, 'a "token" of no known shape');
    expect(text()).not.toContain('no known shape');
    expect(text()).toContain('refused: ⟨redacted');
  });

  test('writes one JSON line an entry, without host or process', () => {
    const { log, text } = aLog(false);
    log.warn({ port: 80 }, 'it is warm');
    expect(JSON.parse(text())).toEqual({
      level: 40,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      port: 80,
      msg: 'it is warm',
    });
    expect(text().endsWith('}\n')).toBe(true);
  });

  test('writes short lines where people read it', () => {
    const { log, text } = aLog(true);
    log.info('ready');
    log.error({ error: new Error('no'), route: '/v1/x' }, 'a call failed');
    expect(text().replaceAll(/\d\d:\d\d:\d\d/g, '09:00:00')).toBe(
      '09:00:00 ready\n09:00:00 error: a call failed no route=/v1/x\n',
    );
  });

  test('keeps to its level', () => {
    const { log, text } = aLog(false, 'warn');
    log.info('quiet');
    expect(text()).toBe('');
  });

  test.each([true, false])('holds no secret, wherever it was put (on a terminal: %s)', (isTerminal) => {
    const { log, text } = aLog(isTerminal);
    log.info(`text ${token}`);
    log.info({ url: `/v1/x?token=${token}`, headers: { authorization: `Bearer ${token}` } }, 'facts');
    log.info('with %s', token);
    log.info({ [token]: 1, password: 'correct-horse-9' }, 'names');
    log.error({ error: new Error(`bad ${token}`, { cause: new Error(token) }) }, 'an error');
    log.error({ error: `bad ${token}` }, 'no error');
    log.error(new Error(token));
    expect(text()).not.toContain(token);
    expect(text()).not.toContain('correct-horse-9');
    expect(text().split('\n')).toHaveLength(8);
  });
});
