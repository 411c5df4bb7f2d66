import type { Bot } from './bot.ts';
import { queryIsTooOld } from './bot-api-error.ts';
import type { MessageRef } from './message.ts';
import type { Clock } from './telegram.ts';
import type { User } from './user.ts';

/** What a person sees after a tap. */
export interface Answer {
  text: string;
  /** a window to be closed, instead of a line that goes by itself */
  isAlert: boolean;
  /** on the double's clock, in milliseconds */
  at: number;
}

/** One tap on a button. */
export interface Tap {
  id: string;
  user: User;
  bot: Bot;
  message: MessageRef;
  data: string;
  at: number;
  /** undefined until the bot answers: the button keeps spinning */
  answer: Answer | undefined;
}

/** Taps that wait for their answer: once, and not for ever. */
export class CallbackQueries {
  readonly taps: Tap[] = [];
  readonly #clock: Clock;
  readonly #answerWithinMs: number;

  constructor(clock: Clock, answerWithinMs: number) {
    this.#clock = clock;
    this.#answerWithinMs = answerWithinMs;
  }

  open(tap: Omit<Tap, 'id' | 'at' | 'answer'>): Tap {
    const id = String(4_382_000_000_000_000_000n + BigInt(this.taps.length + 1));
    const opened: Tap = { ...tap, id, at: this.#clock.now(), answer: undefined };
    this.taps.push(opened);
    return opened;
  }

  /** Throws the 400 "query is too old …" for one that is old, foreign, unknown or answered already. */
  answer(bot: Bot, id: string, answer: Omit<Answer, 'at'>): void {
    const tap = this.taps.find((each) => each.id === id);
    const now = this.#clock.now();
    if (tap === undefined || tap.bot !== bot || tap.answer !== undefined || now - tap.at > this.#answerWithinMs) {
      throw queryIsTooOld();
    }
    tap.answer = { ...answer, at: now };
  }
}
