import { type Api, GrammyError } from 'grammy';
import type { Update } from 'grammy/types';
import type { App } from '../actions/app.ts';
import { claimHearing, noteHeard, noteTrouble, releaseHearing } from '../actions/hearing.ts';
import { forgetOldUpdates, keepFailedUpdate, listUpdatesToRetry } from '../actions/updates.ts';
import { GaiaError } from '../core/errors.ts';
import type { HeldLease } from '../store/lease.ts';
import type { Answer, HandleUpdate } from './handlers.ts';
import { supervision } from './poller-supervision.ts';
import { pollFailureOf, wordsOfError } from './poller-trouble.ts';

/** What Gaia listens to; everything else Telegram leaves out. */
const kinds = ['message', 'callback_query', 'my_chat_member'] as const;

const notMyTurnMs = 5_000;
const heardEveryMs = 10_000;
/** A batch that takes longer than this renews its lease on the way. */
const renewAfterMs = 15_000;
const forgetEveryMs = 3_600_000;

export interface PollerPorts {
  app: App;
  /** its time-out is longer than a poll */
  api: Api;
  /** its time-out is short: nothing waits for it */
  answering: Api;
  /** Done before the first look and after a webhook was met: makes Telegram ready, and gives who carries out updates. */
  prepare: (signal: AbortSignal) => Promise<HandleUpdate>;
  /** names this installation, and stays the same over its restarts */
  holder: string;
  /** milliseconds of a clock that only goes forward */
  elapsed: () => number;
  now: () => number;
  report: (error: unknown, what: string) => void;
  say: (trouble: string) => void;
  /** told after updates were carried out: something may be owed */
  heard?: () => void;
  /** of one look; 0 looks without waiting */
  pollSeconds?: number;
}

export interface Poller {
  /** One look for updates, carried out in their order. Returns after how many milliseconds to look again. */
  turn(): Promise<number>;
  /** Tries again what could not be carried out. */
  retry(): Promise<void>;
  /** ends the look under way; nothing is lost, Telegram shows again what was not confirmed */
  stop(): Promise<void>;
  isStopped(): boolean;
  /** settles when there is no use in going on */
  gaveUp: Promise<Error>;
}

/**
 * Reads a bot's updates. One is confirmed, by the offset of the next look, only after the transaction of its effect has
 * been committed, or after it was kept to be tried again; taps are answered beside that, and never hold up the next one.
 */
export function poller(ports: PollerPorts): Poller {
  const { app, api, answering, holder, elapsed, report, pollSeconds = 30 } = ports;
  const stopping = new AbortController();
  const watch = supervision(elapsed);
  const answers = new Set<Promise<void>>();
  let giveUp = (_: Error): void => undefined;
  const gaveUp = new Promise<Error>((resolve) => {
    giveUp = resolve;
  });
  let handle: HandleUpdate | undefined;
  let lease: HeldLease | undefined;
  let claimedAt = 0;
  let heardAt = Number.NEGATIVE_INFINITY;
  let forgotAt = Number.NEGATIVE_INFINITY;
  let trouble: string | undefined;
  /** sent until Telegram has confirmed it; then left out, since its numbers may begin anew after a silence */
  let offset: number | undefined;
  let turning: Promise<unknown> = Promise.resolve();

  const claim = async (): Promise<HeldLease | undefined> => {
    lease = await claimHearing(app, holder);
    claimedAt = elapsed();
    return lease;
  };

  const look = async (): Promise<number> => {
    if (!(await claim())) return notMyTurnMs;
    handle ??= await ports.prepare(stopping.signal);
    // the first look after trouble, or ever, does not wait: that Telegram answers again is known at once
    const timeout = trouble === undefined && heardAt > Number.NEGATIVE_INFINITY ? pollSeconds : 0;
    const how = {
      limit: 100,
      timeout,
      allowed_updates: kinds,
      ...(offset === undefined ? {} : { offset }),
    };
    const updates = await api.getUpdates(how, stopping.signal as Parameters<Api['getUpdates']>[1]);
    watch.wentWell();
    await heard(lease as HeldLease);
    for (const update of updates) {
      if (stopping.signal.aborted) return 0;
      if (elapsed() - claimedAt > renewAfterMs && !(await claim())) return notMyTurnMs;
      await take(update, handle);
      offset = update.update_id + 1;
    }
    if (updates.length === 0) offset = undefined;
    else ports.heard?.();
    return 0;
  };

  const heard = async (held: HeldLease): Promise<void> => {
    if (trouble === undefined && elapsed() - heardAt < heardEveryMs) return;
    if (watch.isContested()) return;
    await noteHeard(app, held);
    heardAt = elapsed();
    trouble = undefined;
    if (elapsed() - forgotAt < forgetEveryMs) return;
    await forgetOldUpdates(app);
    forgotAt = elapsed();
  };

  /** Throws only where the update is neither carried out nor kept: then it must not be confirmed. */
  const take = async (update: Update, to: HandleUpdate): Promise<void> => {
    try {
      answer(await to(update, lease));
    } catch (error) {
      if (error instanceof GaiaError && error.extras.reason === 'lease_lost') throw error;
      report(error, 'an update could not be carried out');
      await keepFailedUpdate(app, { id: update.update_id, raw: JSON.stringify(update), error: wordsOfError(error) });
    }
  };

  const answer = (given: Answer | undefined): void => {
    if (given === undefined) return;
    const { queryId, text, alert } = given;
    const told = answering
      .answerCallbackQuery(queryId, text === '' ? {} : { text, show_alert: alert })
      .then(() => undefined)
      .catch((error: unknown) => {
        // too late to be told: the card shows it anyway
        if (error instanceof GrammyError && error.error_code === 400) return;
        report(error, 'a tap could not be answered');
      })
      .finally(() => void answers.delete(told));
    answers.add(told);
  };

  const failed = async (error: unknown): Promise<number> => {
    if (stopping.signal.aborted) return 0;
    const failure = pollFailureOf(error);
    if (failure === undefined) report(error, 'updates could not be taken');
    if (failure?.kind === 'webhook') handle = undefined;
    const verdict = watch.failed(failure);
    if (verdict.trouble !== undefined && verdict.trouble !== trouble) {
      trouble = verdict.trouble;
      ports.say(trouble);
      await noteTrouble(app, trouble).catch((cause: unknown) => report(cause, 'trouble could not be noted'));
    }
    if (verdict.gaveUp) {
      stopping.abort();
      giveUp(new Error('another program has read this bot’s messages for five minutes'));
    }
    return verdict.waitMs;
  };

  return {
    turn() {
      const result = look().catch(failed);
      turning = result;
      return result;
    },
    async retry() {
      if (handle === undefined || stopping.signal.aborted) return;
      for (const { raw } of await listUpdatesToRetry(app, ports.now())) {
        if (raw !== null) await take(JSON.parse(raw) as Update, handle);
      }
    },
    async stop() {
      stopping.abort();
      await turning;
      await Promise.all(answers);
      if (lease) await releaseHearing(app, lease);
    },
    isStopped: () => stopping.signal.aborted,
    gaveUp,
  };
}

/** Looks for updates, again and again, until the poller is stopped. */
export function keepPolling(poller: Poller): { stop(): Promise<void> } {
  let rouse = (): void => undefined;
  const running = (async () => {
    while (!poller.isStopped()) {
      const waitMs = await poller.turn();
      if (waitMs === 0 || poller.isStopped()) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        rouse = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();
  return {
    async stop() {
      const stopped = poller.stop();
      rouse();
      await stopped;
      await running;
    },
  };
}
