import { expect, test } from 'vitest';
import { describeConfig, readConfig } from '../src/config.ts';
import { GaiaError } from '../src/core/errors.ts';

const faultOf = (env: Record<string, string>): string => {
  try {
    readConfig({ GAIA_ENV_FILE: '', ...env }, { cwd: '/nowhere' });
  } catch (error) {
    if (error instanceof GaiaError) return error.message;
    throw error;
  }
  return '';
};

test('what operates Gaia is read once, and shown without its secrets', () => {
  const token = 'a-token-of-at-least-24-characters';
  const config = readConfig(
    {
      MONITOR_ADMIN_TOKEN: token,
      HEARTBEAT_URL: 'https://beats.example/ping/secret',
      AUTO_REQUEUE_MAX_RETRIES: '1',
      AUTO_REQUEUE_MAX_AGE_HOURS: '2',
      AUTO_REQUEUE_MAX_PER_RUN: '0',
    },
    { cwd: '/nowhere' },
  );
  expect(config.operating.requeueLimits).toEqual({ maxRetries: 1, maxAgeMs: 7_200_000, maxPerRun: 0 });
  expect(config.operating.monitorToken?.reveal()).toBe(token);
  const shown = JSON.stringify([describeConfig(config), config]);
  expect(shown).not.toContain(token);
  expect(shown).not.toContain('ping/secret');
});

test.each([
  ['MONITOR_ADMIN_TOKEN', 'short', '24 to 200'],
  ['MONITOR_ADMIN_TOKEN', `with a blank ${'x'.repeat(20)}`, '24 to 200'],
  ['AUTO_REQUEUE_MAX_RETRIES', '10', '0 to 9'],
  ['AUTO_REQUEUE_MAX_AGE_HOURS', '0', '1 to 8760'],
  ['AUTO_REQUEUE_MAX_PER_RUN', '-1', '0 to 1000'],
  ['HEARTBEAT_URL', 'http://beats.example/x', 'neither https'],
  ['HEARTBEAT_URL', 'https://user:pass@beats.example/x', 'leave them out'],
  ['HEARTBEAT_URL', 'beats', 'not an address'],
])('%s=%s is refused by name, and not repeated', (name, value, why) => {
  const fault = faultOf({ [name]: value });
  expect(fault).toContain(name);
  expect(fault).toContain(why);
  if (value.length > 4) expect(fault).not.toContain(value);
});
