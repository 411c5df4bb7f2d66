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
}
