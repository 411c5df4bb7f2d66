import { describe, expect, test } from 'vitest';
import { classicNameOf } from '../../../src/core/audit/classic-names.ts';

describe('a classic name', () => {
  test.each([
    ['request.submitted', '{"kind":"command"}', 'command.enqueued'],
    ['request.approved', '{"kind":"command"}', 'command.approved'],
    ['request.denied', '{"kind":"command"}', 'command.denied'],
    ['request.expired', '{"kind":"command"}', 'command.expired'],
    ['request.failed', '{"kind":"command"}', 'command.execute.error'],
    ['execution.finished', '{"outcome":{"dryRun":true}}', 'command.executed.dryrun'],
    ['execution.finished', '{"outcome":{"dryRun":false}}', 'command.executed'],
  ])('of %s %s is %s', (action, detail, classic) => expect(classicNameOf(action, detail)).toBe(classic));

  test.each([
    ['request.submitted', '{"kind":"question"}'],
    ['request.submitted', null],
    ['request.denied', '{"kind":"question"}'],
    ['key.created', '{}'],
    ['decision.recorded', '{}'],
  ])('is not given to %s %s', (action, detail) => expect(classicNameOf(action, detail)).toBeUndefined());
});
