import { type DestinationStream, type Logger, pino } from 'pino';
import type { Json } from './core/canonical.ts';
import { redactDeep } from './core/secrets/redact.ts';

export type { Logger };

/**
 * What Gaia says of itself, apart from the audited log: JSON lines on standard error, or short lines where that is a
 * terminal. Anything that looks like a secret is taken out on the way.
 */
export function processLog(
  level: string,
  { stream, isTerminal }: { stream: NodeJS.WritableStream; isTerminal: boolean },
): Logger {
  const destination: DestinationStream = {
    write(line) {
      stream.write(isTerminal ? shortLine(line) : line);
    },
  };
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: describeError },
      hooks: {
        logMethod(args, method) {
          method.apply(
            this,
            args.map((arg) => (typeof arg === 'string' ? (redactDeep(arg) as string) : arg)) as Parameters<
              typeof method
            >,
          );
        },
      },
    },
    destination,
  );
}

/** An error without what may hold values: its name, message and stack, redacted. */
function describeError(error: unknown): Json {
  if (!(error instanceof Error)) return redactDeep(String(error));
  const { name, message, stack, cause } = error;
  return redactDeep({
    name,
    message,
    stack: stack ?? null,
    ...(cause instanceof Error ? { cause: cause.message } : {}),
  });
}

const levels: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warning',
  50: 'error',
  60: 'fatal',
};

function shortLine(line: string): string {
  const { level, time, msg, error, ...rest } = JSON.parse(line) as {
    level: number;
    time: string;
    msg?: string;
    error?: { message?: string };
  };
  const facts = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const parts = [
    time.slice(11, 19),
    level >= 40 ? `${levels[level] ?? ''}:` : '',
    msg ?? '',
    error?.message ?? '',
    ...facts,
  ];
  return `${parts.filter(Boolean).join(' ')}\n`;
}
