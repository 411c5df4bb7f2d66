import { describe, expect, test } from 'vitest';
import { aFakeGaia } from '../a-fake-gaia.ts';
import { gaia } from '../a-terminal.ts';

const anEvent = {
  ...{ seq: 7, at: Date.UTC(2026, 10, 21, 8, 0, 0), traceId: 't', actor: 'person:7', source: 'http' },
  ...{ action: 'request.denied', subject: 'request:r-7F3K2Q', detail: { code: 'other' }, hash: 'h' },
};

describe('gaia audit tail', () => {
  test('asks only for what its options name: subject, action and actor', async () => {
    const { url, heard } = await aFakeGaia({ 'GET /v1/events': [[200, { events: [anEvent], next: null }]] });
    const env = { GAIA_URL: url, GAIA_API_KEY: `gaia_abcdefgh_${'s'.repeat(43)}`, GAIA_TIME_ZONE: 'UTC' };
    const { exit, stdout } = await gaia(['audit', 'tail', '--actor', 'person:7', '--action', 'request.'], { env });
    const { searchParams } = new URL(heard[0]?.path ?? '', url);
    expect(Object.fromEntries(searchParams)).toEqual({ actor: 'person:7', action: 'request.', limit: '20' });
    expect(stdout).toContain('request.denied  request:r-7F3K2Q  by person:7 (http)');
    expect(exit).toBe(0);
  });
});
