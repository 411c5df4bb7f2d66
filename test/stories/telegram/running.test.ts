import { describe, expect, test } from 'vitest';
import { aChat } from './a-chat.ts';

/** `echo hello`, approved in the chat and running. */
async function running() {
  const chat = await aChat({ executes: true });
  const request = await chat.builder.asksToRun(['echo', 'hello']);
  await chat.settles();
  chat.grace.taps(chat.cardOf(request), '✓ Approve');
  await chat.settles();
  return { chat, request };
}

describe('a command that Gaia runs', () => {
  test('is said on its card to be for real, then to run, then what came of it', async () => {
    const chat = await aChat({ executes: true });
    const request = await chat.builder.asksToRun(['echo', 'hello']);
    await chat.settles();
    expect(chat.cardOf(request).text).toContain('FOR REAL: Gaia starts this once, on its own host.');
    expect(chat.cardOf(request).text).toContain('sandboxed; no network; writes its directory');
    chat.grace.taps(chat.cardOf(request), '✓ Approve');
    await chat.settles();
    expect(chat.cardOf(request).text).toMatch(/▶ RUNNING/);
    expect(chat.cardOf(request).buttons).toEqual([]);
    chat.executes.ends(request.id, { exitCode: 3, stdout: 'one\ntwo\n', stderr: 'oops\n', durationMs: 2_000 });
    await chat.settles();
    const { text } = chat.cardOf(request);
    expect(text).toContain('✕ FAILED');
    expect(text).toContain('Exit code 3 after 2 s');
    expect(text).toContain('two');
    expect(text).toContain('oops');
  });

  test('is ended by /stop of an operator, and of nobody else', async () => {
    const { chat, request } = await running();
    chat.alan.writes(chat.home, `/stop ${request.id}`);
    await chat.settles();
    expect(chat.executes.stops(request.id)).toBe(0);
    expect(chat.said()).toContain('Only an operator may do this.');
    chat.grace.writes(chat.home, `/stop ${request.id}`);
    await chat.settles();
    expect(chat.executes.stops(request.id)).toBeGreaterThan(0);
    chat.executes.ends(request.id, { how: 'stopped', exitCode: null, signal: 'SIGTERM' });
    await chat.settles();
    expect(chat.said()).toContain(`${request.id} is being stopped`);
    expect(chat.said()).toContain('A person stopped it.');
  });

  test('is ended with all others by /pause kill, and nothing new starts', async () => {
    const { chat, request } = await running();
    chat.grace.writes(chat.home, '/pause kill something is wrong');
    await chat.settles();
    expect(chat.executes.stops(request.id)).toBeGreaterThan(0);
    expect(chat.said()).toContain('something is wrong');
    const next = await chat.builder.asksToRun(['echo', 'again']);
    await chat.settles();
    chat.grace.taps(chat.cardOf(next), '✓ Approve');
    await chat.settles();
    expect((await chat.now(next)).state).toBe('approved');
  });

  test('sends all it wrote as a file, to whom asks for it', async () => {
    const { chat, request } = await running();
    chat.executes.ends(request.id, { stdout: `${'x'.repeat(6_000)}\nthe end\n` });
    await chat.settles();
    chat.alan.writes(chat.home, `/output ${request.id}`);
    await chat.settles();
    const file = chat.telegram.messagesIn(chat.home).find(({ document }) => document?.name.includes('output'));
    expect(file?.document?.content).toContain(`${'x'.repeat(6_000)}\nthe end\n`);
    chat.mallory.writes(chat.home, `/output ${request.id}`);
    await chat.settles();
    expect(
      chat.telegram.messagesIn(chat.home).filter(({ document }) => document?.name.includes('output')),
    ).toHaveLength(1);
  });

  test('whose end nobody knows is told to people, who say what became of it', async () => {
    const { chat, request } = await running();
    chat.executes.losesItsSupervisor(request.id);
    await chat.settles();
    expect(chat.said()).toContain('? OUTCOME UNKNOWN');
    expect(chat.said()).toContain(`/resolve ${request.id} executed <what you saw>`);
    chat.grace.writes(chat.home, `/resolve ${request.id}`);
    await chat.settles();
    expect(chat.said()).toContain('Say what became of it, and how you know.');
    chat.grace.writes(chat.home, `/resolve ${request.id} executed #14 is there`);
    await chat.settles();
    expect(await chat.now(request)).toMatchObject({ state: 'executed', endCode: 'resolved', endText: '#14 is there' });
    expect(chat.executes.runs).toHaveLength(1);
  });
});
