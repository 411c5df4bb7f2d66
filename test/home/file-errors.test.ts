import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { fileError } from '../../src/home/file-errors.ts';

describe('a failed system call', () => {
  test('is a refusal in words when the disk is full', async () => {
    const error = await writeFile('/dev/full', 'x').catch((cause: unknown) => cause);
    expect(fileError(error, 'write gaia.pid')).toMatchObject({
      code: 'unavailable',
      message: 'Gaia could not write gaia.pid: the disk is full.',
      extras: { reason: 'disk_full' },
    });
  });

  test('is a refusal in words when it is not permitted', () => {
    const error = Object.assign(new Error('EACCES'), { code: 'EACCES' });
    expect(fileError(error, 'read x')).toMatchObject({ code: 'forbidden', extras: { remedy: expect.any(String) } });
  });

  test('stays what it is when it is a bug', () => {
    const bug = new TypeError('no');
    expect(fileError(bug, 'read x')).toBe(bug);
  });
});
