import { describe, expect, test } from 'vitest';
import { Progress } from '../../src/cli/progress.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

describe('progress', () => {
  const shown = (news: string, detail: string, terminal: Partial<Terminal>) => {
    let text = '';
    const progress = new Progress({ err: (more: string) => (text += more), ...terminal } as Terminal);
    progress.show(news, detail);
    progress.show(news, detail);
    return text;
  };

  test('on a terminal is one line that never wraps, however narrow, and keeps what counts down', () => {
    const text = shown('is \x1b[33mpending\x1b[39m for ever and ever', ', 9 s left', {
      errIsTerminal: true,
      errColumns: 24,
    });
    expect(text).toBe('\r\x1b[Kis \x1b[33mpending\x1b[39m f…, 9 s left'.repeat(2));
  });

  test('elsewhere is a line per news', () => {
    expect(shown('is pending for ever and ever', ', 9 s left', { errIsTerminal: false, errColumns: 24 })).toBe(
      'is pending for ever and ever, 9 s left\n',
    );
  });
});
