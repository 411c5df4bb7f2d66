import { executionOf } from '../actions/app.ts';
import type { StatusAnswer } from '../core/wire/answers-status.ts';
import { getStatus } from '../views/status.ts';
import type { Door } from './door.ts';
import { hostOf } from './host-of.ts';

export function statusOf(door: Door): Promise<StatusAnswer> {
  const { app, viewer, version, startedAt, now } = door;
  const { digest, policy } = app.inForce;
  const hasTelegram = app.audience.kind === 'telegram';
  return getStatus(
    {
      ...viewer,
      policy: { digest, rules: policy.rules.length },
      version,
      startedAt,
      hasTelegram,
      ...executionOf(app),
      operating: {
        host: hostOf(door),
        alerts: policy.alerts,
        github: app.github,
        writesPerHour: policy.github.budgets.perHour,
      },
    },
    now(),
  );
}
