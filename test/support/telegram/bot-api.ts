import { findChat } from './access.ts';
import type { Bot } from './bot.ts';
import { BotApiError, methodNotFound, tooManyRequests, unauthorized } from './bot-api-error.ts';
import type { Fault, Faults } from './faults.ts';
import { FloodLimiter, type FloodLimits } from './flood-limiter.ts';
import type { HttpReply, HttpRequest } from './http-server.ts';
import type { Call, Journal } from './journal.ts';
import { findMethod, isPaced } from './methods/methods.ts';
import { type Parameters, readParameters } from './parameters.ts';
import type { Telegram } from './telegram.ts';

/** The Bot API over HTTP: tokens, parameters, faults, limits, the journal, and answers as the real server forms them. */
export class BotApi {
  readonly #telegram: Telegram;
  readonly #faults: Faults;
  readonly #journal: Journal;
  readonly #limiters = new Map<Bot, FloodLimiter>();
  limits: FloodLimits;

  constructor(telegram: Telegram, faults: Faults, journal: Journal, limits: FloodLimits) {
    this.#telegram = telegram;
    this.#faults = faults;
    this.#journal = journal;
    this.limits = limits;
  }

  get floodRefusals(): number {
    return [...this.#limiters.values()].reduce((sum, { refusals }) => sum + refusals, 0);
  }

  /** undefined where the connection shall break without an answer. */
  async answer(request: HttpRequest): Promise<HttpReply | undefined> {
    const file = /^\/file\/bot([^/]+)\/documents\/(.+)$/.exec(request.url.pathname);
    if (file !== null) return this.#file(file[1] ?? '', decodeURIComponent(file[2] ?? ''));
    const [, token, name = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url.pathname) ?? [];
    if (token === undefined) return refusal(new BotApiError(404, 'Not Found'));
    const bot = this.#botOf(token);
    if (bot === undefined) return refusal(unauthorized());
    try {
      const parameters = readParameters(request.url.searchParams, request.contentType, request.body);
      return await this.#call(bot, name, parameters, request.gone);
    } catch (error) {
      if (error instanceof BotApiError) return refusal(error);
      console.error('the double of Telegram broke', error);
      return refusal(new BotApiError(500, `Internal Server Error: ${String(error)}`));
    }
  }

  async #call(bot: Bot, name: string, parameters: Parameters, gone: AbortSignal): Promise<HttpReply | undefined> {
    const method = findMethod(name);
    const call = this.#journal.record({
      at: this.#telegram.clock.now(),
      bot,
      method: method?.name ?? name,
      chatId: chatIdOf(parameters),
      parameters: journaled(parameters),
    });
    try {
      const fault = this.#faults.meet({ ...call, botId: bot.id });
      this.#telegram.changed();
      if (fault?.kind === 'refuse') return this.#refused(call, errorOf(fault), true);
      if (fault?.kind === 'drop') {
        call.outcome = { kind: 'dropped' };
        return undefined;
      }
      if (fault?.kind === 'stall') await fault.until;
      if (method === undefined) throw methodNotFound();
      this.#pace(bot, method.name, parameters);
      const result = await method.run({ telegram: this.#telegram, bot, parameters, gone });
      return this.#answered(call, fault?.kind === 'alter_reply' ? fault.alter(result) : result, fault);
    } catch (error) {
      if (error instanceof BotApiError) return this.#refused(call, error, false);
      throw error;
    } finally {
      this.#telegram.changed();
    }
  }

  #answered(call: Call, result: unknown, fault: Fault | undefined): HttpReply | undefined {
    const isLost = fault?.kind === 'lose_reply' || fault?.kind === 'cut_reply';
    call.outcome = isLost ? { kind: 'reply_lost', result } : { kind: 'answered', result };
    if (fault?.kind === 'lose_reply') return undefined;
    return { status: 200, body: JSON.stringify({ ok: true, result }), isCut: fault?.kind === 'cut_reply' };
  }

  #refused(call: Call, error: BotApiError, byFault: boolean): HttpReply {
    call.outcome = { kind: 'refused', code: error.code, description: error.message, byFault };
    return refusal(error);
  }

  #pace(bot: Bot, method: string, parameters: Parameters): void {
    const chat = isPaced(method) ? findChat(this.#telegram, bot, parameters) : undefined;
    if (chat === undefined) return;
    const limiter = this.#limiters.get(bot) ?? new FloodLimiter(this.#telegram.clock, this.limits);
    limiter.limits = this.limits;
    this.#limiters.set(bot, limiter);
    const seconds = limiter.retryAfter(chat);
    if (seconds !== undefined) throw tooManyRequests(seconds);
  }

  #file(token: string, name: string): HttpReply {
    if (this.#botOf(token) === undefined) return refusal(unauthorized());
    const chats = [...this.#telegram.chats.values()];
    const messages = chats.flatMap((chat) => [...chat.messages.values()]);
    const document = messages.findLast((message) => message.document?.name === name)?.document;
    if (document === undefined) return refusal(new BotApiError(404, 'Not Found'));
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: document.content };
  }

  #botOf(token: string): Bot | undefined {
    return this.#telegram.bots.find((bot) => bot.token === token && !bot.isRevoked);
  }
}

function refusal({ code, message, parameters }: BotApiError): HttpReply {
  const wait = parameters?.retry_after;
  return {
    status: code,
    ...(wait === undefined ? {} : { headers: { 'retry-after': String(wait) } }),
    body: JSON.stringify({ ok: false, error_code: code, description: message, ...(parameters ? { parameters } : {}) }),
  };
}

const errorOf = ({ code, description, parameters }: Extract<Fault, { kind: 'refuse' }>): BotApiError =>
  new BotApiError(code, description, parameters);

function chatIdOf(parameters: Parameters): number | undefined {
  return parameters.integer('chat_id');
}

/** Uploads are kept as their name and size; who wants the content looks at the message. */
function journaled(parameters: Parameters): Readonly<Record<string, unknown>> {
  const document = parameters.file('document');
  if (document === undefined) return parameters.values;
  return { ...parameters.values, document: { name: document.name, bytes: document.content.length } };
}
