import { Api, type GrammyError, HttpError } from 'grammy';
import { describe, expect, test } from 'vitest';
import { aTelegram } from './a-telegram.ts';

async function aSender(options: Parameters<typeof aTelegram>[0] = {}) {
  const double = await aTelegram(options);
  const chat = double.chat();
  const other = double.chat({ title: 'Other' });
  const api = new Api(double.bot.token, { apiRoot: double.url });
  const texts = () => double.messagesIn(chat).map(({ text }) => text);
  return { double, chat, other, api, texts };
}

describe('a fault', () => {
  test('loses the reply after everything was done', async () => {
    const { double, chat, api, texts } = await aSender();
    const lost = double.faults.loseReply({ method: 'sendMessage' });
    await expect(api.sendMessage(chat.id, 'card')).rejects.toBeInstanceOf(HttpError);
    expect(texts()).toEqual(['card']);
    expect(double.callsOf('sendMessage').map(({ outcome }) => outcome.kind)).toEqual(['reply_lost']);
    await api.sendMessage(chat.id, 'card');
    expect(texts()).toEqual(['card', 'card']);
    expect(lost.hits).toBe(1);
  });

  test('drops the connection before anything was done', async () => {
    const { double, chat, api, texts } = await aSender();
    double.faults.dropBefore({ method: 'sendMessage' });
    await expect(api.sendMessage(chat.id, 'card')).rejects.toBeInstanceOf(HttpError);
    expect(texts()).toEqual([]);
    expect(double.callsOf('sendMessage')[0]?.outcome.kind).toBe('dropped');
  });

  test('cuts the answer in its middle, which grammY notices only when its own time is over', async () => {
    const { double, chat, texts } = await aSender();
    double.faults.cutReply({});
    const api = new Api(double.bot.token, { apiRoot: double.url, timeoutSeconds: 1 });
    await expect(api.sendMessage(chat.id, 'card')).rejects.toBeInstanceOf(HttpError);
    expect(texts()).toEqual(['card']);
    const reply = await fetch(`${double.url}/bot${double.bot.token}/getMe`);
    expect(await reply.json()).toMatchObject({ ok: true });
  });

  test('stalls a call until it is let go', async () => {
    const { double, chat, api, texts } = await aSender();
    const stalled = double.faults.stall({ method: 'sendMessage' });
    const sent = api.sendMessage(chat.id, 'card');
    await double.until(() => stalled.hits === 1);
    expect(texts()).toEqual([]);
    stalled.end();
    await sent;
    expect(texts()).toEqual(['card']);
  });

  test('meets only the method, the chat, the parameters and the call it is for', async () => {
    const { double, chat, other, api, texts } = await aSender();
    const where = { method: 'sendMessage', chat, when: ({ text }: Record<string, unknown>) => text !== 'spared' };
    const fault = double.faults.breakDown({ ...where, nth: 2, times: 2 });
    const send = (text: string, to = chat) =>
      api.sendMessage(to.id, text).catch((error: GrammyError) => error.error_code);
    await send('first');
    await send('spared');
    await send('elsewhere', other);
    expect([await send('second'), await send('third')]).toEqual([502, 502]);
    await send('fourth', other);
    expect(texts()).toEqual(['first', 'spared']);
    expect(fault.hits).toBe(2);
  });

  test.each([
    [500, 'Internal Server Error: restart'],
    [502, 'Bad Gateway'],
    [504, 'Gateway Timeout'],
  ])('of the server is a %i "%s"', async (code, description) => {
    const { double, api } = await aSender();
    double.faults.breakDown({ method: 'getMe' }, code);
    await expect(api.getMe()).rejects.toMatchObject({ error_code: code, description });
  });

  test('of the flood kind says how long to wait, in the body and in the header, and is not a refusal of the limits', async () => {
    const { double, chat } = await aSender();
    double.faults.flood({ chat }, 7);
    const reply = await fetch(`${double.url}/bot${double.bot.token}/sendMessage?chat_id=${chat.id}&text=a`);
    expect(reply.status).toBe(429);
    expect(reply.headers.get('retry-after')).toBe('7');
    expect(await reply.json()).toEqual({
      ok: false,
      error_code: 429,
      description: 'Too Many Requests: retry after 7',
      parameters: { retry_after: 7 },
    });
    expect(double.floodRefusals).toBe(0);
  });
});

describe('the limits', () => {
  const outcomes = async (calls: (() => Promise<unknown>)[]) => {
    const results: (number | undefined)[] = [];
    for (const call of calls) {
      results.push(
        await call().then(
          () => undefined,
          (error: GrammyError) => error.parameters.retry_after,
        ),
      );
    }
    return results;
  };

  test('let a small burst through in one chat, then one a second, edits counted', async () => {
    const { double, chat, api } = await aSender();
    const { message_id: id } = await api.sendMessage(chat.id, 'card');
    const edit = (text: string) => () => api.editMessageText(chat.id, id, text);
    expect(await outcomes([edit('1'), edit('2'), edit('3')])).toEqual([undefined, undefined, 1]);
    expect(double.floodRefusals).toBe(1);
    double.clock.turn(999);
    expect(await outcomes([edit('4')])).toEqual([1]);
    double.clock.turn(1_000);
    expect(await outcomes([edit('5'), edit('6'), edit('7')])).toEqual([undefined, undefined, 1]);
    expect(double.messageWith(chat, '6').isEdited).toBe(true);
  });

  test('let twenty a minute into a group, and more into a private chat', async () => {
    const { double, chat, api } = await aSender();
    const grace = double.user({ id: 101, firstName: 'Grace' });
    grace.starts();
    const paced = (to: number) => async () => {
      double.clock.turn(1_000);
      await api.sendMessage(to, 'notice');
    };
    const toGroup = await outcomes(Array.from({ length: 21 }, () => paced(chat.id)));
    expect(toGroup.indexOf(40)).toBe(20);
    expect(await outcomes(Array.from({ length: 40 }, () => paced(101)))).toEqual(Array(40).fill(undefined));
    expect(double.floodRefusals).toBe(1);
  });

  test('let thirty a second through over all chats; answers to taps are free', async () => {
    const { double, api } = await aSender();
    const chats = Array.from({ length: 31 }, (_, index) => double.chat({ title: `chat ${index}` }));
    const results = await outcomes(chats.map((chat) => () => api.sendMessage(chat.id, 'notice')));
    expect(results).toEqual([...Array(30).fill(undefined), 1]);
    expect(await outcomes([() => api.getMe(), () => api.deleteWebhook()])).toEqual([undefined, undefined]);
  });

  test('can be taken away', async () => {
    const { double, chat, api } = await aSender();
    double.setLimits({ perChatPerSecond: 1_000, chatBurst: 1_000, perGroupPerMinute: 1_000, perSecond: 1_000 });
    expect(await outcomes(Array.from({ length: 50 }, () => () => api.sendMessage(chat.id, 'n')))).not.toContain(1);
  });
});

describe('the journal', () => {
  test('shows what was called in a window, with its time and outcome', async () => {
    const { double, chat, api } = await aSender();
    await api.getMe();
    double.clock.turn(5_000);
    const calls = await double.duringWindow(() => api.sendMessage(chat.id, 'card'));
    expect(calls).toMatchObject([
      { number: 2, method: 'sendMessage', chatId: chat.id, at: double.clock.now(), outcome: { kind: 'answered' } },
    ]);
    expect(await double.duringWindow(async () => undefined)).toEqual([]);
  });
});
