import { GaiaProblem, GaiaUnreachable } from '../../client/problem.ts';
import { GaiaError, problems, titleOfStatus } from '../../core/errors.ts';
import { visible } from '../../core/text/visible.ts';
import type { ProblemAnswer } from '../../core/wire/answers-problem.ts';

/** Any error as a problem: what it is, and what to do about it. A bug says only its message. */
export function problemOf(error: unknown): ProblemAnswer {
  if (error instanceof GaiaUnreachable) return error.toJSON();
  if (error instanceof GaiaProblem) return { ...error.toJSON(), title: error.title ?? titleOfStatus(error.status) };
  if (error instanceof GaiaError) {
    const { reason, remedy, faults, facts } = error.extras;
    const extras = { ...(remedy && { remedy }), ...(faults && { faults }), ...(facts && { facts }) };
    const code = reason ?? error.code;
    return new GaiaProblem({ ...problems[error.code], code, detail: error.message, ...extras }).toJSON();
  }
  const detail = error instanceof Error ? error.message : 'something other than an error was thrown';
  return new GaiaProblem({ status: 500, title: titleOfStatus(500), code: 'internal_error', detail }).toJSON();
}

export function problemText({ detail, remedy, faults = [] }: ProblemAnswer): string[] {
  return [
    ...detail.split('\n').map(indentedLine),
    ...faults
      .filter(({ field, message }) => !detail.includes(`${field} ${message}`))
      .map(({ field, message }) => `  ${visible(field)} ${visible(message)}`),
    ...(remedy ? [`→ ${visible(remedy)}`] : []),
  ];
}

/** Gaia's own indentation stays blank. */
function indentedLine(line: string): string {
  const text = line.trimStart();
  return text === '' ? '' : line.slice(0, line.length - text.length) + visible(text);
}
