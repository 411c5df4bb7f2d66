import { executionOf } from '../../actions/app.ts';
import type { StatusAnswer } from '../../core/wire/answers.ts';
import { getStatus } from '../../views/status.ts';
import type { Door } from '../door.ts';

export function statusOf({ app, viewer, version, startedAt, now }: Door): Promise<StatusAnswer> {
  const { digest, policy } = app.inForce;
  const hasTelegram = app.audience.kind === 'telegram';
  return getStatus(
    { ...viewer, policy: { digest, rules: policy.rules.length }, version, startedAt, hasTelegram, ...executionOf(app) },
    now(),
  );
}
