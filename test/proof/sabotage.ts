import type { Patch } from './build.ts';

/** A guard taken out, and the proof that must then go red. */
export interface Sabotage {
  /** completes "without this: …" */
  name: string;
  patches: readonly Patch[];
  proof: string;
  trials: number;
  /** what the violations must be about */
  names: RegExp;
}

export const sabotages: readonly Sabotage[] = [
  {
    name: 'a change is a new version',
    patches: [{ file: 'store/requests.js', find: 'version: request.version + 1', replace: 'version: request.version' }],
    proof: 'races',
    trials: 5,
    names: /I6.*version/,
  },
  {
    name: 'a permit is taken once, from an approved request only',
    patches: [
      { file: 'store/decisions.js', find: ', isNull(t.permits.takenAt)', replace: '' },
      {
        file: 'actions/starts.js',
        find: "if (request.state !== 'approved')\n        return asItIs;",
        replace: '',
      },
      { file: 'actions/starts.js', find: "state: next('rehearse', request.state)", replace: "state: 'executed'" },
    ],
    proof: 'races',
    trials: 40,
    names: /I1:/,
  },
  {
    name: 'one deny ends it, and nothing is decided after an end',
    patches: [
      {
        file: 'core/approval/decision.js',
        find: "if (request.state !== 'pending')\n        return refuse(alreadySettled(request, votes));",
        replace: '',
      },
    ],
    proof: 'races',
    trials: 60,
    names: /VIOLATION/,
  },
  {
    name: 'a decision has its event',
    patches: [
      {
        file: 'actions/decisions.js',
        find: "tx.record(eventBy(by, 'decision.recorded'",
        replace: "void (eventBy(by, 'decision.recorded'",
      },
    ],
    proof: 'races',
    trials: 5,
    names: /I6|I3/,
  },
  {
    name: 'the digest is compared',
    patches: [
      {
        file: 'core/approval/decision.js',
        find: 'request.digest === null || decision.digest !== request.digest',
        replace: 'request.digest === null',
      },
    ],
    proof: 'wrong-people',
    trials: 300,
    names: /digest/,
  },
  {
    name: 'nobody decides what they asked for',
    patches: [{ file: 'core/approval/decision.js', find: 'request.askedBy === person(personId)', replace: 'false' }],
    proof: 'wrong-people',
    trials: 300,
    names: /oneself/,
  },
  {
    name: 'only a person decides, and as themself',
    patches: [
      {
        file: 'actions/decisions.js',
        find: 'const personId = personOf(by.actor);',
        replace: "const personId = said.personId ?? personOf(by.actor) ?? '22';",
      },
    ],
    proof: 'wrong-people',
    trials: 300,
    names: /wrong-people: /,
  },
  {
    name: 'a form belongs to its session',
    patches: [
      {
        file: 'http/security.js',
        find: 'if (given !== undefined && sameSecret(given, csrfTokenOf(sessionToken)))',
        replace: 'if (sessionToken)',
      },
    ],
    proof: 'wrong-people',
    trials: 300,
    names: /token/,
  },
  {
    name: 'a closed or expired session is over',
    patches: [
      {
        file: 'actions/sessions.js',
        find: '!session || session.closedAt !== null || now >= session.expiresAt',
        replace: '!session',
      },
    ],
    proof: 'wrong-people',
    trials: 300,
    names: /session/,
  },
  {
    name: 'what nobody sees is spelled out',
    patches: [
      {
        file: 'core/text/visible.js',
        find: 'if (unseen.test(character))\n        return false;',
        replace: "if (character === '\\u2028')\n        return false;",
      },
    ],
    proof: 'display',
    trials: 60,
    names: /nobody sees|is shown as|not a visible form/,
  },
  {
    name: 'the whole argv is shown',
    patches: [
      {
        file: 'http/console/components/command.js',
        find: 'command.argv.map(',
        replace: 'command.argv.slice(0, 8).map(',
      },
    ],
    proof: 'display',
    trials: 60,
    names: /the argv is shown/,
  },
  {
    name: 'a log is held against what was kept outside: head.json and seals',
    patches: [
      { file: 'core/audit/verify.js', find: 'if (this.#headFile && this.#headFile.seq > seq)', replace: 'if (false)' },
      { file: 'core/audit/verify.js', find: 'this.#kept = [...keptSeals];', replace: 'this.#kept = [];' },
    ],
    proof: 'tampering',
    trials: 150,
    names: /restore old|truncate/,
  },
  {
    name: 'seals are signed, and head.json has the hash too',
    patches: [
      {
        file: 'core/audit/verify.js',
        find: 'if (isDated(seal) && sealHolds(seal, publicKey))\n            return true;',
        replace: 'return true;',
      },
      {
        file: 'core/audit/verify.js',
        find: 'this.#headFile?.seq === event.seq && this.#headFile.hash !== event.hash',
        replace: 'false',
      },
      { file: 'core/audit/verify.js', find: 'this.#kept = [...keptSeals];', replace: 'this.#kept = [];' },
    ],
    proof: 'tampering',
    trials: 150,
    names: /recompute|put another|edit/,
  },
  {
    name: 'the loops respect a pause',
    patches: [{ file: 'core/approval/start.js', find: 'facts.paused ? [pausedBlocker] : []', replace: '[]' }],
    proof: 'stories',
    trials: 300,
    names: /the model says approved/,
  },
  {
    name: 'a change and its event are one transaction',
    patches: [
      {
        file: 'store/sqlite-writer.js',
        find: 'const result = await work(tx);',
        replace: 'const result = await work(tx); this.#control.commit(); this.#control.begin();',
      },
    ],
    proof: 'every-step',
    trials: 1,
    names: /I6|I8|I9/,
  },
  {
    name: 'nothing is answered before it is committed',
    patches: [
      {
        file: 'store/sqlite-writer.js',
        find: "begin: control('BEGIN IMMEDIATE')",
        replace:
          "begin: () => { if (!parts.connection.raw.inTransaction) parts.connection.raw.exec('BEGIN IMMEDIATE'); }",
      },
      {
        file: 'store/sqlite-writer.js',
        find: "commit: control('COMMIT')",
        replace:
          "commit: () => { this.commits = (this.commits ?? 0) + 1; if (this.commits < 60 || this.commits % 4 === 0) parts.connection.raw.exec('COMMIT'); }",
      },
    ],
    proof: 'kill',
    trials: 12,
    names: /I3|I4|I6/,
  },
  {
    name: 'an update is recorded in the transaction of its effect',
    patches: [{ file: 'actions/updates.js', find: 'if (await takeUpdate(tx, updateId))', replace: 'if (updateId)' }],
    proof: 'races-telegram',
    trials: 3,
    names: /I3.*updates are recorded/,
  },
  {
    name: 'an edit whose answer was lost is made again',
    patches: [
      {
        file: 'actions/failed-calls.js',
        find: "return of.kind === 'edit'\n                ? later(app, tx, delivery, error, random)",
        replace: "return of.kind === 'edit'\n                ? release(tx, delivery, { settledAt: tx.now })",
      },
    ],
    proof: 'lost-replies',
    trials: 40,
    names: /cards.* says |cards.*can still be tapped/,
  },
  {
    name: 'what Telegram shows is held against what was sent',
    patches: [
      { file: 'telegram/sender/calls.js', find: 'if (text !== sent.text)', replace: 'if (false)' },
      {
        file: 'telegram/sender/calls.js',
        find: 'JSON.stringify(inOrder(entities)) === JSON.stringify(inOrder(sent.entities))',
        replace: 'true',
      },
    ],
    proof: 'echo',
    trials: 4,
    names: /echo: .*is approved|echo: .*offers/,
  },
  {
    name: 'whoever takes the latch first decides',
    patches: [
      {
        file: 'executor/execution-files.js',
        find: "if (errnoOf(error) !== 'EEXIST')\n            throw error;\n        return false;",
        replace: "if (errnoOf(error) !== 'EEXIST')\n            throw error;",
      },
    ],
    proof: 'starts',
    trials: 6,
    names: /I1: .*given up: true, started: true/,
  },
  {
    name: 'no equal effect starts while one lives',
    patches: [{ file: 'actions/starts.js', find: '[equalEffectOpen(equal)]', replace: '[]' }],
    proof: 'kill',
    trials: 60, // it needs two equal commands that meet; the proof ends with the first that do
    names: /I1: .*while the equal/,
  },
  {
    name: 'what others may replace is run from a copy',
    patches: [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a file
      { file: 'executor/held.js', find: 'return copy ? `${heldRoot}${copy.path}` : arg;', replace: 'return arg;' },
    ],
    proof: 'bait-and-switch',
    trials: 17,
    names: /what nobody approved ran/,
  },
  {
    name: 'everything is looked up again before the start',
    patches: [
      {
        file: 'core/approval/start.js',
        find: 'facts.effectDigestNow !== request.effectDigest',
        replace: 'false',
      },
      { file: 'actions/starts.js', find: 'effectDigestOf(now.effect) !== approved.effectDigest || ', replace: '' },
    ],
    proof: 'bait-and-switch',
    trials: 3,
    names: /bait-and-switch: its/,
  },
  {
    name: 'strays are looked for where no namespace holds them',
    patches: [
      {
        file: 'executor/processes.js',
        find: 'const strays = processesMarked(name, value).filter(',
        replace: 'const strays = [].filter(',
      },
    ],
    proof: 'process-tree',
    trials: 6,
    names: /live on/,
  },
  {
    name: 'a sandbox has a network of its own',
    patches: [{ file: 'executor/sandbox-profile.js', find: "sandbox.network ? [] : ['--unshare-net']", replace: '[]' }],
    proof: 'sandbox-escapes',
    trials: 1,
    names: /calls a port of the host/,
  },
  {
    name: 'secrets are taken out of the output',
    patches: [
      {
        file: 'executor/output-secrets.js',
        find: 'find: (text) => recogniseSecrets(text, all)',
        replace: 'find: () => []',
      },
    ],
    proof: 'planted-secrets',
    trials: 10,
    names: /I10: /,
  },
  {
    name: 'what a lost answer left is looked for, and never sent again blindly',
    patches: [
      { file: 'core/change/states.js', find: "lose: { sent: 'unknown' }", replace: "lose: { sent: 'recorded' }" },
      { file: 'actions/changes/lost.js', find: 'found.length > 0 ? found : undefined', replace: 'undefined' },
    ],
    proof: 'publish-steps',
    trials: 6,
    names: /I7/,
  },
  {
    name: 'a write to GitHub whose answer is lost counts as unknown',
    patches: [
      { file: 'core/change/states.js', find: "lose: { sent: 'unknown' }", replace: "lose: { sent: 'recorded' }" },
      { file: 'actions/changes/lost.js', find: 'found.length > 0 ? found : undefined', replace: 'undefined' },
    ],
    proof: 'lost-replies-github',
    trials: 18,
    names: /I7|I1/,
  },
  {
    name: 'a mark counts only where it is signed',
    patches: [
      {
        file: 'core/change/marker.js',
        find: 'timingSafeEqual(Buffer.from(sha256(own)), Buffer.from(sha256(signed)))',
        replace: 'own',
      },
    ],
    proof: 'lost-replies-github',
    trials: 36,
    names: /I1: issue\S+ counts as adopted and was never done|I7: issue\S+ counts as/,
  },
];
