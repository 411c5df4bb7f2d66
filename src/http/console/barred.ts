import { mayNotDecide } from '../../core/approval/decision.ts';
import type { GaiaError } from '../../core/errors.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import type { Door } from '../door.ts';
import type { Visit } from './visit.ts';

/** Why this person may not decide this request, or undefined where they may. The decision itself is judged again. */
export function barredFrom({ app }: Door, answer: RequestAnswer, { personId }: Visit): GaiaError | undefined {
  return mayNotDecide(
    { askedBy: answer.askedBy, approvers: answer.approvals?.approvers ?? null },
    personId,
    app.people,
  );
}
