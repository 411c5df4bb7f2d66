import { expect, onTestFinished } from 'vitest';
import { aClock, type Clock } from '../store.ts';
import { type GitHubDouble, type GitHubOptions, openGitHub } from './github.ts';

export interface GitHubWorld extends GitHubDouble {
  clock: Clock;
}

/**
 * A double for one test, closed when it is over. The test fails where a request or an answer did not fit GitHub's own
 * description, unless it took that with `takeViolations()`.
 */
export async function aGitHub(
  options: Partial<Omit<GitHubOptions, 'clock'>> & { clock?: Clock } = {},
): Promise<GitHubWorld> {
  const clock = options.clock ?? aClock();
  const double = await openGitHub({ ...options, clock });
  onTestFinished(async () => {
    await double.close();
    expect(double.takeViolations(), "what does not fit GitHub's description of its API").toEqual([]);
  });
  return Object.assign(double, { clock });
}
