import { type DestinationStream, type Logger, pino } from 'pino';
import type { Json } from './core/canonical.ts';
import { redactDeep, redaction } from './core/secrets/redact.ts';

export type { Logger };

/**
 * What Gaia says of itself, apart from the audited log: JSON lines on standard error, or short lines where that is a
 * terminal. Anything that looks like a secret is taken out on the way, and whatever holds one of `secrets`.
 */
export function processLog(
  level: string,
  {
    stream,
    isTerminal,
    secrets = [],
  }: { stream: NodeJS.WritableStream; isTerminal: boolean; secrets?: readonly string[] },
): Logger {
  const known = secrets.map((secret) => JSON.stringify(secret).slice(1, -1));
  const destination: DestinationStream = {
    write(line) {
      const told = known.reduce((text, secret) => text.replaceAll(secret, redaction('a secret of Gaia')), line);
      const entry = redactDeep(JSON.parse(told)) as unknown as Entry;
      stream.write(isTerminal ? shortLine(entry) : `${JSON.stringify(entry)}\n`);
    },
  };
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: describeError },
    },
    destination,
  );
}

/** An error without what may hold values: its name, message and stack. */
function describeError(error: unknown): Json {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack, cause } = error;
  return { name, message, stack: stack ?? null, ...(cause instanceof Error ? { cause: cause.message } : {}) };
}

const levels: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warning',
  50: 'error',
  60: 'fatal',
};

interface Entry {
  level: number;
  time: string;
  msg?: string;
  error?: { message?: string };
}

function shortLine({ level, time, msg, error, ...rest }: Entry): string {
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
