/** One message of a stream of server-sent events (WHATWG HTML, section 9.2). */
export interface StreamMessage {
  id: string | undefined;
  data: string;
}

/** A single line longer than this is not Gaia's, and ends the stream. UTF-16 code units. */
const longestLine = 4 * 1024 * 1024;

/**
 * Reads the messages of a stream as they come; comments only show that the other side lives.
 * Ends where the stream ends or stays silent for `silenceMs`.
 */
export async function* readEventStream(
  stream: ReadableStream<Uint8Array>,
  { silenceMs }: { silenceMs: number },
): AsyncGenerator<StreamMessage> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let id: string | undefined;
  let data: string[] = [];
  try {
    for (;;) {
      const chunk = await orSilence(reader.read(), silenceMs);
      if (chunk === undefined || chunk.done) return;
      rest += decoder.decode(chunk.value, { stream: true });
      if (rest.length > longestLine) return;
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { id, data: data.join('\n') };
          data = [];
          continue;
        }
        const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
        if (field === 'data') data.push(value);
        else if (field === 'id' && !value.includes('\0')) id = value;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined); // it is over either way
  }
}

/** What was waited for, or undefined when it took longer than `ms`. */
async function orSilence<Value>(promise: Promise<Value>, ms: number): Promise<Value | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
