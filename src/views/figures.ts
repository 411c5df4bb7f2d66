import { figuresOf } from '../core/approval/figures.ts';
import type { FiguresAnswer } from '../core/wire/answers-status.ts';
import type { Handle } from '../store/database.ts';
import { listTimings } from '../store/decisions.ts';

/** What the figures look back on. */
const days = 7;

/** How people decided lately: how long it took, and how often it was no more than a tap. */
export async function getFigures(read: Handle, now: number): Promise<FiguresAnswer> {
  return { days, ...figuresOf(await listTimings(read, now - days * 86_400_000)) };
}
