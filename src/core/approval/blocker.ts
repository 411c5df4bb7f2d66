import type { Json } from '../canonical.ts';

/**
 * One reason why a request may not proceed. Of phase `submit` only a new request cures it;
 * of phase `publish` the world may cure it, and it is judged again at the start.
 */
export interface Blocker {
  /** permanent, snake_case, for programs */
  code: string;
  phase: 'submit' | 'publish';
  /** for people */
  message: string;
  /** what the reader can do about it, as a sentence */
  remedy: string;
  facts?: Record<string, Json>;
  /** of a changeset: which operation, counted from 0 */
  operation?: { index: number; op: string };
  repo?: string;
  /** the repository or project, for people */
  target?: string;
  epoch?: number;
  /** the world may still cure it while the approval lasts */
  retryable?: boolean;
  /** the instant from which another try makes sense */
  retryAfter?: number;
  /** what it rests on: paths, ids, headers */
  evidence?: string[];
}
