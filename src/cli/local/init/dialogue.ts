import { visible } from '../../../core/text/visible.ts';
import type { TelegramLook } from '../../../telegram/look.ts';
import type { Cli } from '../../cli.ts';
import { Seen } from './seen.ts';

/** What an interrupted `gaia init` throws. */
export class Interrupted extends Error {}

/** One conversation on a terminal, which an interrupt ends. */
export class Dialogue {
  readonly #cli: Cli;
  readonly #signal: AbortSignal;
  #silences = 0;

  constructor(cli: Cli, signal: AbortSignal) {
    this.#cli = cli;
    this.#signal = signal;
  }

  async ask(question: string, how?: { hidden: boolean }): Promise<string> {
    const answer = await this.#cli.terminal.ask(question, how);
    this.#signal.throwIfAborted();
    this.#silences = answer === '' ? this.#silences + 1 : 0;
    if (this.#silences > mostSilences) throw new Interrupted();
    return answer;
  }

  async agrees(question: string): Promise<boolean> {
    return /^y(es)?$/i.test(await this.ask(`${question} [y/N] `));
  }

  /** Waits until something was written to the bot, then lets people and the place be chosen from it. */
  async choosePlaceAndPeople(
    look: TelegramLook,
    username: string,
    given: { chat?: string | undefined; approvers?: readonly string[] | undefined },
  ): Promise<{ chat: string; approvers: readonly string[] }> {
    this.#cli.note(
      '',
      `Now write to the bot: open https://t.me/${username} and press Start. For a group, add @${username} to it`,
      'and write /start there. Everyone who shall approve does the same once.',
    );
    const seen = new Seen();
    let offset: number | undefined;
    for (;;) {
      offset = (await this.#listen(look, seen, username, offset)) ?? offset;
      const chat = given.chat ?? (await this.#choosePlace(seen));
      if (chat === undefined) continue;
      const approvers = given.approvers ?? (await this.#choosePeople(seen));
      if (approvers !== undefined) return { chat, approvers };
    }
  }

  /** Nothing is confirmed, so that Gaia gets it too when it starts. */
  async #listen(
    look: TelegramLook,
    seen: Seen,
    username: string,
    offset: number | undefined,
  ): Promise<number | undefined> {
    const { note, terminal } = { note: (text: string) => this.#cli.note(text), terminal: this.#cli.terminal };
    let next = offset;
    for (let waited = false; ; waited = true) {
      const found = await look.sightings({
        waitSeconds: 25,
        signal: this.#signal,
        ...(next === undefined ? {} : { offset: next }),
      });
      seen.add(found.seen);
      next = found.nextOffset ?? next;
      if (seen.places.length > 0 && seen.people.length > 0) return next;
      if (!waited) {
        note(
          seen.places.length > 0
            ? 'Nobody was seen by name: write without hiding behind the group, or write to the bot in private.'
            : `Waiting for a message to @${username} (Ctrl-C ends this) …`,
        );
      }
      if (found.seen.length > 0) await terminal.delay(1_000);
      this.#signal.throwIfAborted();
    }
  }

  async #choosePlace({ places }: Seen): Promise<string | undefined> {
    this.#cli.note(
      '',
      'Chats of the bot:',
      ...places.map(({ title, kind, place }, at) => `  ${at + 1}  ${visible(title)} (${kind}, ${place})`),
    );
    const [chosen] =
      (await this.#choose('Where shall requests go? A number, or Enter to look again: ', places, 1)) ?? [];
    return chosen?.place;
  }

  async #choosePeople({ people }: Seen): Promise<readonly string[] | undefined> {
    this.#cli.note(
      '',
      'People who wrote to it. Anyone can write to a bot, so look at the names:',
      ...people.map(({ name, username, id }, at) => {
        return `  ${at + 1}  ${visible(name)}${username ? ` @${visible(username)}` : ''} (${id})`;
      }),
    );
    const question = 'Who may approve? Numbers with commas between them, or Enter to look again: ';
    return (await this.#choose(question, people, people.length))?.map(({ id }) => id);
  }

  async #choose<Item>(question: string, items: readonly Item[], most: number): Promise<Item[] | undefined> {
    for (;;) {
      const answer = await this.ask(question);
      if (answer === '') return undefined;
      const numbers = [...new Set(answer.split(/[\s,]+/).filter(Boolean))];
      const chosen = numbers.flatMap((number) => (/^\d+$/.test(number) ? (items[Number(number) - 1] ?? []) : []));
      if (chosen.length === numbers.length && chosen.length <= most) return chosen as Item[];
      this.#cli.note(`Type ${most === 1 ? 'one number' : 'numbers'} from 1 to ${items.length}.`);
    }
  }
}

/** Where nobody is there any more, every answer is empty. */
const mostSilences = 20;
