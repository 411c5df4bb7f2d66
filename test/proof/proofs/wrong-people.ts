import { randomBytes } from 'node:crypto';
import { check } from '../checker.ts';
import { type Doors, openDoors } from '../doors.ts';
import { type AGaia, aClock, aGaia, type Clock, generous, templates } from '../fixture.ts';
import { asBrowser } from '../gaia-process.ts';
import { type Answer, type Call, caller } from '../http.ts';
import { type Chance, chance, type Proof, type ProofContext, trialsOf, type Violation } from '../proof.ts';
import { snapshotOfStore } from '../snapshot.ts';

const people = ['11', '22', '33', '44', '55'];
const policy = `${generous}rules:
  - { name: two named people, match: { argv: [echo, named] }, tier: normal, approvers: ['11', '22'] }
`;

export const wrongPeople: Proof = {
  name: 'wrong-people',
  shows:
    'no call changes anything but of a person who may decide, on what that person was shown, through their own session',
  async run(context) {
    const { gaia, seed, progress, signal } = context;
    const trials = trialsOf(context, { short: 1_000, full: 10_000 });
    const from = await templates(gaia);
    const clock = aClock();
    const world = await aGaia(gaia, from, { approvers: people, policy, clock });
    const doors = await openDoors(gaia, world, clock);
    const { call, close } = caller(8);
    const violations: Violation[] = [];
    const answers = new Map<string, number>();
    let done = 0;
    try {
      const cast = await aCast(context, world, doors, clock);
      const lots = chance(seed);
      let before = await stateOf(world);
      for (; done < trials && violations.length === 0 && !signal.aborted; done++) {
        const attempt = lots.of(attempts)(cast, lots);
        // 127.0.0.0/8 is all ours: a fresh address now and then, so that counting failures does not answer for the guards
        const address = `127.${1 + (Math.floor(done / 8) % 250)}.${Math.floor(done / 2_000) % 250}.7`;
        const answer = await call(`${doors.url}${attempt.path}`, { method: 'POST', from: address, ...attempt.how });
        const told = `${attempt.who}: ${answer.status} ${codeOf(answer)}`;
        answers.set(told, (answers.get(told) ?? 0) + 1);
        const report = (message: string) =>
          violations.push({
            invariant: 'wrong-people',
            message: `${told}: ${message} (${attempt.path} ${JSON.stringify(attempt.how).slice(0, 400)})`,
          });
        if (answer.status < 400 || answer.status >= 500) report('it was not refused');
        if (answer.status === 429) report('it was only refused for its number');
        const after = await stateOf(world);
        if (after !== before) report('something changed');
        before = after;
        progress(done + 1, trials);
      }
      if (doors.bugs.length > 0)
        violations.push({ invariant: 'wrong-people', message: `Gaia failed inside: ${String(doors.bugs[0])}` });
      // The other side of the coin: with everything right, the same call decides.
      violations.push(...(await rightPeople(cast, doors, call)));
    } finally {
      close();
      await doors.close();
      await world.close();
    }
    violations.push(...check(await snapshotOfStore(world.where), { approvers: people }));
    await world.remove();
    await from.remove();
    const kinds = [...answers].sort().map(([told, times]) => `${told} ${times}×`);
    return {
      trials: done,
      violations,
      figures: {
        'ways tried': new Set(kinds.map((kind) => kind.split(':')[0])).size,
        answers: `\n    ${kinds.join('\n    ')}`,
      },
    };
  },
};

const codeOf = ({ json }: Answer): string => (json?.code as string | undefined) ?? 'page';

interface Target {
  id: string;
  digest: string;
}

interface Cast {
  doors: Doors;
  keys: { own: string; foreign: string; revoked: string };
  sessions: Record<string, { token: string; csrf: string }>;
  closed: { token: string; csrf: string };
  expired: { token: string; csrf: string };
  removed: { token: string; csrf: string };
  terminal: { token: string; csrf: string };
  /** pending: asked by an agent; by person 11 as themself; for two named people; and never shown */
  plain: Target;
  own: Target;
  named: Target;
  unseen: Target;
  ended: Target;
}

async function aCast({ gaia }: ProofContext, world: AGaia, doors: Doors, clock: Clock): Promise<Cast> {
  const { app, by } = world;
  const expired = await doors.session('33');
  clock.turn(13 * 3_600_000);
  const sessions = Object.fromEntries(
    await Promise.all(people.map(async (id) => [id, await doors.session(id)] as const)),
  );
  const closed = await doors.session('22');
  await gaia.signOut(app, await gaia.authenticateSession(app, closed.token, clock.now()), by('person:22'));
  const approvers = app.people.approvers as string[];
  approvers.push('66');
  const removed = await doors.session('66');
  approvers.pop();
  const login = await gaia.beginLogin(app);
  await gaia.confirmLogin(app, login.code, by('person:22', 'console'));
  const finished = await gaia.finishLogin(app, login.token, { source: 'cli', traceId: 'login' });
  const terminal = { token: finished?.token as string, csrf: gaia.csrfTokenOf(finished?.token as string) };
  const own = await doors.key('builder');
  const foreign = await doors.key('stranger');
  const revoked = await doors.key('former');
  await gaia.revokeKey(app, revoked.id, by('admin'));

  const ask = async (words: string[], asker = world.asker('builder'), shown = true): Promise<Target> => {
    const { request } = await gaia.submitRequest(
      app,
      { kind: 'command', command: { argv: ['echo', ...words], cwd: '/' } },
      asker,
    );
    if (shown) await gaia.markShown(app, request.id, '22');
    return { id: request.id, digest: request.digest as string };
  };
  const ended = await ask(['ended']);
  await gaia.withdrawRequest(app, ended.id, by('agent:builder'));
  return {
    doors,
    keys: { own: own.secret, foreign: foreign.secret, revoked: revoked.secret },
    sessions,
    closed,
    expired,
    removed,
    terminal,
    plain: await ask(['plain']),
    own: await ask(['own'], world.personAsker('11')),
    named: await ask(['named']),
    unseen: await ask(['unseen'], world.asker('builder'), false),
    ended,
  };
}

interface Attempt {
  who: string;
  path: string;
  how: Call;
}

const token = (): string => randomBytes(32).toString('base64url');
const any = (cast: Cast, lots: Chance): Target => lots.of([cast.plain, cast.own, cast.named, cast.unseen, cast.ended]);

/** A decision by the API or by the console's form. */
function decision(
  who: string,
  lots: Chance,
  target: Target,
  headers: Record<string, string>,
  { csrf = '', digest = target.digest, origin = '' } = {},
): Attempt {
  const verdict = lots.of(['approve', 'approve', 'deny']);
  const extra = origin ? { origin } : {};
  const confirm = lots.happens(0.3);
  if (lots.happens(0.5) || !('cookie' in headers)) {
    const body = { verdict, digest, ...(confirm ? { confirm: true } : {}) };
    return {
      who,
      path: `/v1/requests/${target.id}/decisions`,
      how: { body, headers: { ...headers, ...(csrf ? { 'x-csrf-token': csrf } : {}), ...extra } },
    };
  }
  const form = new URLSearchParams({
    verdict,
    digest,
    ...(csrf ? { csrf } : {}),
    ...(confirm ? { confirm: 'yes' } : {}),
  });
  const kind = { 'content-type': 'application/x-www-form-urlencoded' };
  return {
    who,
    path: `/requests/${target.id}/decisions`,
    how: { body: form.toString(), headers: { ...headers, ...kind, ...extra } },
  };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const cookie = (session: string) => ({ cookie: `gaia_session=${session}` });
const personOf = (cast: Cast, lots: Chance) =>
  cast.sessions[lots.of(people.slice(1))] as { token: string; csrf: string };

const changed = (text: string, lots: Chance): string => {
  const at = lots.below(text.length);
  const letter = text[at] === 'a' ? 'b' : 'a';
  return text.slice(0, at) + letter + text.slice(at + 1);
};

const attempts: readonly ((cast: Cast, lots: Chance) => Attempt)[] = [
  (cast, lots) => decision('the agent itself', lots, any(cast, lots), bearer(cast.keys.own)),
  (cast, lots) => decision('another agent', lots, any(cast, lots), bearer(cast.keys.foreign)),
  (cast, lots) => decision('a revoked key', lots, any(cast, lots), bearer(cast.keys.revoked)),
  (cast, lots) => decision('the admin key', lots, any(cast, lots), bearer(cast.doors.adminKey)),
  (cast, lots) => decision('a forged admin key', lots, any(cast, lots), bearer(changed(cast.doors.adminKey, lots))),
  (cast, lots) => decision('a forged key', lots, any(cast, lots), bearer(changed(cast.keys.own, lots))),
  (cast, lots) => decision('nobody', lots, any(cast, lots), {}),
  (cast, lots) => decision('a made-up session', lots, any(cast, lots), cookie(token()), { csrf: token() }),
  (cast, lots) =>
    decision(
      'a forged session',
      lots,
      any(cast, lots),
      cookie(changed(personOf(cast, lots).token.slice(0, -1), lots)),
      { csrf: personOf(cast, lots).csrf },
    ),
  (cast, lots) =>
    decision('a closed session', lots, any(cast, lots), cookie(cast.closed.token), { csrf: cast.closed.csrf }),
  (cast, lots) =>
    decision('an expired session', lots, any(cast, lots), cookie(cast.expired.token), { csrf: cast.expired.csrf }),
  (cast, lots) =>
    decision('a removed person', lots, any(cast, lots), cookie(cast.removed.token), { csrf: cast.removed.csrf }),
  (cast, lots) =>
    decision("a terminal's session as a cookie", lots, any(cast, lots), cookie(cast.terminal.token), {
      csrf: cast.terminal.csrf,
    }),
  (cast, lots) =>
    decision(
      'a console session as a bearer',
      lots,
      any(cast, lots),
      bearer(`gaia_session_${personOf(cast, lots).token}`),
    ),
  (cast, lots) => decision('a page without its token', lots, any(cast, lots), cookie(personOf(cast, lots).token)),
  (cast, lots) =>
    decision(
      "a page with another's token",
      lots,
      any(cast, lots),
      cookie((cast.sessions['22'] as { token: string }).token),
      { csrf: (cast.sessions['33'] as { csrf: string }).csrf },
    ),
  (cast, lots) => {
    const { token: session, csrf } = personOf(cast, lots);
    const origin = lots.of([
      'http://evil.example',
      'null',
      'https://127.0.0.1',
      'http://127.0.0.1:1',
      'http://127.0.0.1.evil.example',
    ]);
    return decision('another site', lots, any(cast, lots), cookie(session), { csrf, origin });
  },
  (cast, lots) => {
    const { token: session, csrf } = personOf(cast, lots);
    const host = lots.of(['evil.example', `evil.example:${cast.doors.port}`, '127.0.0.1:1', '127.0.0.1.nip.io']);
    return decision('another host name', lots, any(cast, lots), { ...cookie(session), host }, { csrf });
  },
  (cast, lots) => {
    const { token: session, csrf } = personOf(cast, lots);
    return decision(
      'a cross-site fetch',
      lots,
      any(cast, lots),
      { ...cookie(session), 'sec-fetch-site': lots.of(['cross-site', 'same-site']) },
      { csrf },
    );
  },
  (cast, lots) => {
    const { token: session, csrf } = cast.sessions['11'] as { token: string; csrf: string };
    return decision('oneself', lots, cast.own, cookie(session), { csrf });
  },
  (cast, lots) => {
    const { token: session, csrf } = cast.sessions[lots.of(['33', '44', '55'])] as { token: string; csrf: string };
    return decision('a person who is not named', lots, cast.named, cookie(session), { csrf });
  },
  (cast, lots) => {
    const { token: session, csrf } = personOf(cast, lots);
    return decision('the digest of another request', lots, cast.plain, cookie(session), {
      csrf,
      digest: lots.of([cast.own, cast.unseen, cast.ended]).digest,
    });
  },
  (cast, lots) => {
    const { token: session, csrf } = personOf(cast, lots);
    return decision('a digest that is not quite it', lots, cast.plain, cookie(session), {
      csrf,
      digest: lots.of([
        changed(cast.plain.digest, lots),
        cast.plain.digest.slice(0, 12),
        '',
        cast.plain.digest.toUpperCase().replace(/^[0-9]*$/, 'A'),
      ]),
    });
  },
  (cast, lots) => {
    const { token: session, csrf } = personOf(cast, lots);
    return decision('too late', lots, cast.ended, cookie(session), { csrf });
  },
  (cast, lots) => {
    const { token: session, csrf } = personOf(cast, lots);
    const how = { body: { verdict: 'approve', digest: cast.unseen.digest }, headers: asBrowser(session, csrf) };
    return { who: 'a person who was shown nothing', path: `/v1/requests/${cast.unseen.id}/decisions`, how };
  },
  (cast, lots) => ({
    who: 'another agent withdraws',
    path: `/v1/requests/${any(cast, lots).id}/withdraw`,
    how: { body: {}, headers: bearer(cast.keys.foreign) },
  }),
  (cast, lots) => {
    const { token: session, csrf } = personOf(cast, lots);
    return {
      who: 'a person withdraws for an agent',
      path: `/v1/requests/${cast.plain.id}/withdraw`,
      how: { body: {}, headers: asBrowser(session, csrf) },
    };
  },
  (cast, lots) => ({
    who: 'an agent pauses',
    path: lots.of(['/v1/pause', '/v1/resume']),
    how: { body: {}, headers: bearer(cast.keys.own) },
  }),
  (cast, lots) => {
    const { token: session, csrf } = personOf(cast, lots);
    return {
      who: 'an approver who is no operator pauses',
      path: '/v1/pause',
      how: { body: {}, headers: asBrowser(session, csrf) },
    };
  },
  (cast, lots) => ({
    who: 'an agent makes itself a link',
    path: '/v1/sign-in-links',
    how: { body: { person: lots.of(people) }, headers: bearer(cast.keys.own) },
  }),
  (cast) => ({
    who: 'an agent makes a key',
    path: '/v1/keys',
    how: { body: { name: 'more' }, headers: bearer(cast.keys.own) },
  }),
  (_, lots) => ({
    who: 'a guessed link',
    path: '/sign-in',
    how: {
      body: `token=${lots.happens(0.5) ? token() : 'x'}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
  }),
  (cast) => ({
    who: 'an unknown person gets a link',
    path: '/v1/sign-in-links',
    how: { body: { person: '77' }, headers: bearer(cast.doors.adminKey) },
  }),
  (cast, lots) => {
    const { token: session, csrf } = personOf(cast, lots);
    const fields = lots.of([{ personId: '22' }, { decidedBy: '22' }, { person: '22', as: 'admin' }, { __proto__x: 1 }]);
    return {
      who: 'a decision with more to it',
      path: `/v1/requests/${cast.plain.id}/decisions`,
      how: { body: { verdict: 'approve', digest: cast.plain.digest, ...fields }, headers: asBrowser(session, csrf) },
    };
  },
];

/** Everything that a call could have changed; refusals are logged, and that is all they are. */
async function stateOf({ db }: AGaia): Promise<string> {
  const { t } = db;
  const rows = await Promise.all([
    db.read.select({ id: t.requests.id, version: t.requests.version, state: t.requests.state }).from(t.requests),
    db.read.select().from(t.decisions),
    db.read.select().from(t.permits),
    db.read.select().from(t.confirmations),
    db.read.select({ id: t.sessions.id, closedAt: t.sessions.closedAt }).from(t.sessions),
    db.read.select({ id: t.apiKeys.id, revokedAt: t.apiKeys.revokedAt }).from(t.apiKeys),
    db.read.select().from(t.installation),
    db.read.select({ id: t.deliveries.id }).from(t.deliveries),
  ]);
  return JSON.stringify(rows);
}

async function rightPeople(cast: Cast, { url }: Doors, call: ReturnType<typeof caller>['call']): Promise<Violation[]> {
  const tries: [Target, string][] = [
    [cast.plain, '55'],
    [cast.own, '22'],
    [cast.named, '22'],
  ];
  const found: Violation[] = [];
  for (const [{ id, digest }, person] of tries) {
    const { token: session, csrf } = cast.sessions[person] as { token: string; csrf: string };
    const answer = await call(`${url}/v1/requests/${id}/decisions`, {
      method: 'POST',
      body: { verdict: 'approve', digest },
      headers: asBrowser(session, csrf),
    });
    if (answer.json?.state !== 'approved')
      found.push({
        invariant: 'wrong-people',
        message: `the right person could not decide either: ${answer.status} ${answer.text}`,
      });
  }
  return found;
}
