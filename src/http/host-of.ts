import { blindHost, type Host } from '../views/metrics.ts';
import type { Door } from './door.ts';

/** What is read of the process and its disk. */
export const hostOf = ({ host, startedAt, app }: Door): Host =>
  host ?? blindHost(startedAt, app.audience.kind === 'telegram');
