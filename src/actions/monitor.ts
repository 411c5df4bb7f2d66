import type { By } from '../core/access/actor.ts';
import { countOne } from '../store/counters.ts';
import { type App, eventBy } from './app.ts';

/** Somebody came to the monitor's door without its token; the log says so, and nothing of what they brought. */
export const noteMonitorRefused = (app: App, by: By, because: 'missing' | 'wrong'): Promise<void> =>
  app.db.write(async (tx) => {
    tx.record(eventBy(by, 'command.refused', 'door:monitor', { command: 'requeue', because: `token_${because}` }));
  });

/** A token came in an address, where histories and logs keep it. */
export const noteQueryToken = (app: App): Promise<void> => app.db.write((tx) => countOne(tx, 'auth_query_token'));
