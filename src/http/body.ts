import type { Context } from 'hono';
import { GaiaError, invalid } from '../core/errors.ts';

/** The largest body taken, in bytes; approvable content is limited far below it. */
export const bodyLimit = 1024 * 1024;

/** The largest body of calls that carry a few words: logins, keys, the pause. */
export const smallBody = 4 * 1024;

/** The JSON of a body of at most `limit` bytes. Throws `invalid` for what is too large, cut off, not JSON, or not an object. */
export async function jsonBody(c: Context, limit = bodyLimit): Promise<Record<string, unknown>> {
  const text = await limitedText(c, limit);
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(
      `The body is not JSON: ${error instanceof Error ? error.message.replace(/ in JSON.*$/s, '') : 'it cannot be read'}.`,
      {
        reason: 'not_json',
        remedy: 'Send one JSON object, UTF-8.',
      },
    );
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalid('The body must be a JSON object.', { reason: 'not_json', remedy: 'Send one JSON object, UTF-8.' });
  }
  return value as Record<string, unknown>;
}

async function limitedText(c: Context, limit: number): Promise<string> {
  const announced = c.req.header('content-length');
  if (Number(announced ?? 0) > limit) throw tooLarge(limit);
  // node's parser lets no more through than was announced; to read that at once costs a third of reading a stream
  const bytes = await (announced === undefined ? streamed(c, limit) : c.req.raw.arrayBuffer()).catch((error) => {
    if (error instanceof GaiaError) throw error;
    throw cutOff(); // reading fails only where the caller has gone: no fault of Gaia's
  });
  if (bytes.byteLength > limit) throw tooLarge(limit);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('The body is not UTF-8.', { reason: 'not_utf8', remedy: 'Send one JSON object, UTF-8.' });
  }
}

async function streamed(c: Context, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const cutOff = () =>
  invalid('The body ended before it was whole.', { reason: 'body_cut_off', remedy: 'Send it again, whole.' });

const tooLarge = (limit: number) =>
  invalid(`The body is larger than ${limit.toLocaleString('en')} bytes.`, {
    reason: 'body_too_large',
    remedy: 'Put long content into a file that the command names.',
  });
