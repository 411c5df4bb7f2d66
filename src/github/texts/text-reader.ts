import type { TextReader } from '../../actions/changes/port.ts';
import { GaiaError, unavailable } from '../../core/errors.ts';
import { Threads } from '../../threads/threads.ts';
import { workerUrl } from '../../threads/worker-url.ts';
import type { KnownSecret } from './secret-scanner.ts';

type Reads = Omit<TextReader, 'for' | 'close'>;

/** What a thread is asked: which reading, and of what; plain values, they are copied between threads. */
export interface Asked {
  read: keyof Reads;
  of: unknown[];
}

export interface TextReaderParts {
  /** what must never go out, by the name it is called in refusals */
  secrets: readonly KnownSecret[];
  /** told what broke a thread; without a word of the text */
  report: (error: unknown, what: string) => void;
  /** how long one text may be read, and how long it may wait for that before, in milliseconds */
  limitMs?: number;
  /** the threads' program; replaced in tests */
  program?: URL;
}

/** 60,000 characters of prose take two seconds; of thousands of nested lists, six and more. A busy machine takes longer. */
const mostMs = 15_000;
/** After this many milliseconds the others go on in the second thread. */
const slowMs = 1_000;
const threadsMax = 2;
/** A thread holds the parser and the scanner, some 40 MB, and takes half a second to start. */
const idleMs = 600_000;
/** What a thread may hold in MB, so that no text takes all that the machine has. */
const resourceLimits = { maxOldGenerationSizeMb: 512 };

/** Reads texts in a thread of its own, which is started at the first and knows no more of Gaia than the secrets it looks for. */
export function textReader({
  secrets,
  report,
  limitMs = mostMs,
  program = workerUrl('text-reader.worker', import.meta.url),
}: TextReaderParts): TextReader {
  const limits = { limitMs, slowMs, idleMs, threadsMax, resourceLimits };
  const overdue = (_: Asked, wasBegun: boolean) => (wasBegun ? tooLong(limitMs) : busy());
  const threads = new Threads<Asked, unknown>({ program, workerData: secrets, ...limits, overdue });

  const ask = async (read: Asked['read'], of: unknown[], asker?: string): Promise<unknown> => {
    try {
      return await threads.ask({ read, of }, asker);
    } catch (error) {
      if (error instanceof GaiaError) throw error;
      report(error, 'a text could not be read to its end');
      throw broken();
    }
  };
  const readerFor = (asker?: string): TextReader => ({
    title: (...of) => ask('title', of, asker) as ReturnType<Reads['title']>,
    line: (...of) => ask('line', of, asker) as ReturnType<Reads['line']>,
    body: (...of) => ask('body', of, asker) as ReturnType<Reads['body']>,
    closingIn: (...of) => ask('closingIn', of, asker) as ReturnType<Reads['closingIn']>,
    secretsIn: (...of) => ask('secretsIn', of, asker) as ReturnType<Reads['secretsIn']>,
    for: readerFor,
    close: () => threads.close(),
  });
  return readerFor();
}

const tooLong = (limitMs: number) =>
  unavailable(`The text could not be read to its end within ${limitMs / 1_000} s.`, {
    reason: 'text_unread',
    remedy: 'Make it shorter and its markup simpler, and propose it again.',
  });

const broken = () =>
  unavailable('The text could not be read to its end: what reads it broke off.', {
    reason: 'text_unread',
    remedy: "Make its markup simpler and propose it again; Gaia's own log says what happened.",
  });

const busy = () =>
  unavailable('Other texts are being read, and this one has waited too long for its turn.', {
    reason: 'texts_busy',
    remedy: 'Propose it again in a minute.',
    retryAfterSeconds: 60,
  });
