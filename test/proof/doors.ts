import { generateKeyPairSync } from 'node:crypto';
import type { AGaia, Clock } from './fixture.ts';
import type { Gaia } from './gaia.ts';

/** Opens Gaia's HTTP edge over an `aGaia`, in this process, on a free port of 127.0.0.1. */
export async function openDoors(gaia: Gaia, world: AGaia, clock: Clock) {
  const { app, db } = world;
  const adminKey = gaia.formatAdminKey('a'.repeat(43));
  const stopping = new AbortController();
  const bugs: unknown[] = [];
  const urlOf = (port: number): string => `http://127.0.0.1:${port}`;
  const { server, port, serve } = await gaia.listen({ host: '127.0.0.1', port: 0 });
  serve(
    gaia.httpRoutes(
      {
        app,
        viewer: { db, people: app.people, publicUrl: urlOf(port) },
        now: clock.now,
        timeZone: 'UTC',
        adminKey,
        sealKey: generateKeyPairSync('ed25519').privateKey,
        readPolicyFile: async () => '',
        version: '0.0.0',
        startedAt: clock.now(),
        isReady: () => true,
        report: (error) => bugs.push(error),
        stopping: stopping.signal,
      },
      port,
    ),
  );
  return {
    url: urlOf(port),
    port,
    adminKey,
    /** whatever failed inside Gaia */
    bugs,
    /** a session of a person, as a browser would hold it */
    async session(person: string): Promise<{ token: string; csrf: string }> {
      const { token } = await gaia.createSignInLink(app, person);
      const opened = await gaia.signIn(app, token, { source: 'console', traceId: 'sign-in' });
      return { token: opened.token, csrf: gaia.csrfTokenOf(opened.token) };
    },
    /** the key of a new agent */
    async key(name: string, owner?: string): Promise<{ id: string; secret: string }> {
      const made = await gaia.createKey(app, { name, ...(owner ? { owner } : {}) }, world.by('admin'));
      return { id: made.key.id, secret: made.secret };
    },
    async close(): Promise<void> {
      stopping.abort();
      await gaia.close(server, 500);
    },
  };
}
export type Doors = Awaited<ReturnType<typeof openDoors>>;
