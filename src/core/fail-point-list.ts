/** One armed place: what happens there, and at which arrival (1 is the first). */
export interface FailPoint {
  name: string;
  action: 'kill' | 'throw';
  nth: number;
}

export const failPointsRemedy = 'Write name:kill, name:throw or name:kill:3, comma separated.';

const form = /^([a-z][A-Za-z0-9_.-]*):(kill|throw)(?::([1-9]\d{0,8}))?$/;

/** The armed places of a list, or nothing where it is not `name:kill|throw[:nth]`, comma separated. */
export function parseFailPoints(spec: string): FailPoint[] | undefined {
  const points = spec.split(',').map(parsePoint);
  return points.every((point) => point !== undefined) ? points : undefined;
}

function parsePoint(part: string): FailPoint | undefined {
  const [, name, action, nth] = form.exec(part.trim()) ?? [];
  if (name === undefined || (action !== 'kill' && action !== 'throw')) return undefined;
  return { name, action, nth: Number(nth ?? 1) };
}
