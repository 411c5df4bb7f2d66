import { describe, expect, test } from 'vitest';
import { LiveOutput } from '../../src/cli/live-output.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

const outcome = (stdout: string, truncated = false) => ({
  ...{ dryRun: false, exitCode: 0, signal: null, stderr: '', durationMs: 1 },
  stdout,
  truncated,
});

function aScreen({ isTerminal = false } = {}) {
  const screen = { out: '', err: '' };
  const output = new LiveOutput({
    out: (text) => (screen.out += text),
    err: (text) => (screen.err += text),
    outIsTerminal: isTerminal,
    errIsTerminal: isTerminal,
  } as Partial<Terminal> as Terminal);
  const shows = (text: string, end = text.length) =>
    output.show({ running: true, stdout: { text, end }, stderr: { text: '', end: 0 } });
  return { screen, output, shows };
}

describe('live output', () => {
  test('shows each part once, on its own stream', () => {
    const { screen, output } = aScreen();
    const live = (stdout: string, stderr: string) => ({
      running: true,
      stdout: { text: stdout, end: stdout.length },
      stderr: { text: stderr, end: stderr.length },
    });
    output.show(live('a\n', ''));
    output.show(live('a\n', 'oh\n'));
    output.show(live('a\nb\n', 'oh\n'));
    expect(screen).toEqual({ out: 'a\nb\n', err: 'oh\n' });
  });

  test('says how much it missed', () => {
    const { screen, shows } = aScreen();
    shows('0123', 4);
    shows('89', 10);
    expect(screen.out).toBe('0123\n89');
    expect(screen.err).toContain('4 characters of its stdout');
  });

  test('takes the rest from the outcome, and ends an open line', () => {
    const { screen, output, shows } = aScreen();
    shows('one ');
    output.finish(outcome('one two'));
    expect(screen).toEqual({ out: 'one two\n', err: '' });
  });

  test.each([
    [true, 'open\n'],
    [false, 'open'],
  ])('ends an open line before the other stream goes on only on one screen (%s)', (isTerminal, out) => {
    const { screen, output } = aScreen({ isTerminal });
    output.show({ running: true, stdout: { text: 'open', end: 4 }, stderr: { text: 'oh\n', end: 3 } });
    expect(screen).toEqual({ out, err: 'oh\n' });
  });

  test('goes on where it stopped in an outcome that does not hold everything', () => {
    const { screen, output, shows } = aScreen();
    shows('the last that was seen\n', 90_000);
    screen.out = '';
    screen.err = '';
    output.finish(outcome('head\n⟨9 bytes left out⟩\nthe last that was seen\nand the end\n', true));
    expect(screen).toEqual({ out: 'and the end\n', err: '' });
    shows('something quite different\n', 900_000);
    output.finish(outcome('head\n⟨9 bytes left out⟩\ntail\n', true));
    expect(screen.out).toContain('tail\n');
    expect(screen.err).toContain('a part of its stdout');
  });

  test('leaves an outcome alone of which nothing was shown', () => {
    const { screen, output } = aScreen();
    output.finish(outcome('one'));
    expect([screen, output.hasShown]).toEqual([{ out: '', err: '' }, false]);
  });

  test('shows nothing that steers a terminal', () => {
    const { screen, shows } = aScreen();
    shows('10%\r20%\r\n\x1b[2J\u202e\u009b1m\tend\n');
    expect(screen.out).toBe('10%\n20%\n⟨U+001B⟩[2J⟨U+202E⟩⟨U+009B⟩1m\tend\n');
  });
});
