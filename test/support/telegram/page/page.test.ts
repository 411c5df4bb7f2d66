import { FormattedString } from '@grammyjs/parse-mode';
import { Api, InputFile } from 'grammy';
import { describe, expect, test } from 'vitest';
import { aTelegram } from '../a-telegram.ts';
import { playPage } from './page.ts';

async function aPage() {
  const double = await aTelegram({ page: playPage() });
  const grace = double.user({ id: 1001, firstName: 'Grace' });
  const chat = double.chat({ members: [grace] });
  const api = new Api(double.bot.token, { apiRoot: double.url });
  const get = async (path: string) => (await fetch(double.url + path)).text();
  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(double.url + path, { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' });
  return { double, grace, chat, api, get, post };
}

const keyboard = { inline_keyboard: [[{ text: 'Approve', callback_data: 'a1', style: 'success' as const }]] };

describe('the page of the double', () => {
  test('shows a card as text, never as markup of its own', async () => {
    const { api, chat, get } = await aPage();
    const { text, entities } = FormattedString.b('Run').plain('\n').pre('echo "<script>alert(1)</script>" && ls');
    await api.sendMessage(chat.id, text, { entities, reply_markup: keyboard });
    const page = await get('/as/1001/group');
    expect(page).toContain(
      '<b>Run</b>\n<pre>echo &#34;&#60;script&#62;alert(1)&#60;/script&#62;&#34; &#38;&#38; ls</pre>',
    );
    await api.sendMessage(chat.id, '<script>alert(2)</script> bold <i>', {
      entities: [{ type: 'bold', offset: 26, length: 4 }],
    });
    expect(await get('/as/1001/group')).toContain('&#60;script&#62;alert(2)&#60;/script&#62; <b>bold</b> &#60;i&#62;');
    expect(page).not.toContain('<script>alert');
    expect(page).toContain('<button class="success">Approve</button>');
  });

  test('presses a button as the person whose page it is, and shows the answer until it is dismissed', async () => {
    const { double, api, chat, get, post } = await aPage();
    const { message_id: id } = await api.sendMessage(chat.id, 'card', { reply_markup: keyboard });
    const pressed = await post('/as/1001/group/tap', { message: String(id), place: '0 0' });
    expect(pressed.headers.get('location')).toBe('/as/1001/group');
    const [update] = await api.getUpdates();
    expect(update?.callback_query).toMatchObject({ from: { id: 1001 }, data: 'a1' });
    expect(await get('/as/1001/group')).toContain('Waiting for the bot');

    await api.answerCallbackQuery(update?.callback_query?.id ?? '', { text: 'Not you & you.', show_alert: true });
    expect(await get('/as/1001/group')).toContain('<dialog open>Not you &#38; you.');
    await post('/as/1001/group/dismiss', { tap: double.telegram.queries.taps[0]?.id ?? '' });
    expect(await get('/as/1001/group')).not.toContain('<dialog');
  });

  test('writes and replies, in the group and in private', async () => {
    const { api, chat, post, get } = await aPage();
    const { message_id: id } = await api.sendMessage(chat.id, 'card');
    await post('/as/1001/group/write', { text: 'approve', replyTo: String(id) });
    await post('/as/1001/bot/write', { text: '/start', replyTo: '' });
    expect(await api.getUpdates()).toMatchObject([
      { message: { text: 'approve', reply_to_message: { text: 'card' } } },
      { message: { text: '/start', chat: { type: 'private', id: 1001 } } },
    ]);
    expect(await get(`/as/1001/group?reply=${id}`)).toContain('Reply to: card');
  });

  test('opens documents as plain text', async () => {
    const { double, api, chat, get } = await aPage();
    await api.sendDocument(chat.id, new InputFile(Buffer.from('<b>all of it'), 'command.txt'));
    const path = /\/document\/[^"]+/.exec(await get('/as/1001/group'))?.[0] ?? '';
    const reply = await fetch(double.url + path);
    expect(reply.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await reply.text()).toBe('<b>all of it');
  });

  test('answers neither other sites nor foreign names of this machine', async () => {
    const { api, post } = await aPage();
    const foreign = await post('/as/1001/group/write', { text: 'approve' }, { origin: 'http://evil.example' });
    expect(foreign.status).toBe(403);
    expect(await api.getUpdates()).toEqual([]);
  });
});
