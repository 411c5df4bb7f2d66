import type { TextReader } from '../../actions/changes/port.ts';
import { closingIn, guardBody, guardLine, guardTitle } from '../../core/change/content/guards.ts';
import { readingsOf } from '../../core/change/content/readings.ts';
import { type KnownSecret, secretScanner } from './secret-scanner.ts';

/** Reads texts in the thread that calls it, which waits for it: Gaia's own asks `textReader` instead. */
export function readTexts(known: readonly KnownSecret[]): TextReader {
  const scan = secretScanner(known);
  const reader: TextReader = {
    title: async (...of) => guardTitle(...of),
    line: async (...of) => guardLine(...of),
    body: async (...of) => guardBody(...of),
    closingIn: async (messages) => closingIn(messages),
    secretsIn: (texts) => scan([...new Set([...new Set(texts)].flatMap(readingsOf))].join('\n')),
    for: () => reader,
    close: () => undefined,
  };
  return reader;
}
