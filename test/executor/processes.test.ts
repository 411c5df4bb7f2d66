import type * as Fs from 'node:fs';
import { expect, test, vi } from 'vitest';
import { lives, markOf } from '../../src/executor/processes.ts';

let refusal: string | undefined;

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  const readFileSync = (path: string, ...rest: [BufferEncoding]) => {
    if (refusal !== undefined && path.endsWith('/stat')) throw Object.assign(new Error(refusal), { code: refusal });
    return fs.readFileSync(path, ...rest);
  };
  return { ...fs, readFileSync };
});

test('a process lives under its mark alone', () => {
  const mark = markOf(process.pid);
  expect(lives(mark)).toBe(true);
  expect(lives({ ...mark, startTime: '1' })).toBe(false);
  expect(lives({ ...mark, bootId: 'another' })).toBe(false);
  expect(lives({ ...mark, pid: 2 ** 22 + 1 })).toBe(false);
});

test.each(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO'])(
  'a process is not called dead because the system answered %s',
  (errno) => {
    const mark = markOf(process.pid);
    refusal = errno;
    try {
      expect(() => lives(mark)).toThrow(errno);
      refusal = 'ESRCH'; // it ended while it was looked at
      expect(lives(mark)).toBe(false);
    } finally {
      refusal = undefined;
    }
  },
);
