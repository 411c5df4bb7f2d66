import { type OutputSecrets, redactedPart } from './output-secrets.ts';

/** Bytes of the beginning and of the end that are kept of each stream. */
export const keptBytes = 64 * 1024;
/** Bytes beyond each cut that are looked at, so that a secret which a cut would halve is seen whole. */
const marginBytes = 32 * 1024;

/** The first and the last of what a stream carried; the raw bytes never leave it. */
export class KeptOutput {
  #bytes = 0;
  #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  readonly #room: number;
  readonly #secrets: OutputSecrets;

  constructor(secrets: OutputSecrets) {
    this.#secrets = secrets;
    this.#room = keptBytes + Math.max(marginBytes, ...secrets.values.map((value) => Buffer.byteLength(value)));
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const first = chunk.subarray(0, this.#room - this.#headBytes);
    if (first.length > 0) this.#head.push(first);
    this.#headBytes += first.length;
    const rest = chunk.subarray(first.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    while (this.#tailBytes - (this.#tail[0]?.length ?? 0) >= this.#room) {
      this.#tailBytes -= this.#tail.shift()?.length ?? 0;
    }
  }

  /** What may be shown: redacted, valid text, about twice `keptBytes` at most. */
  read(): { text: string; truncated: boolean } {
    const head = Buffer.concat(this.#head);
    const tail = Buffer.concat(this.#tail);
    const whole = head.length + tail.length === this.#bytes ? Buffer.concat([head, tail]) : undefined;
    if (whole && whole.length <= 2 * keptBytes) {
      return { text: this.#redacted(whole, 0, whole.length), truncated: false };
    }
    const last = whole ?? tail;
    const text = [
      this.#redacted(whole ?? head, 0, keptBytes),
      `\n⟨${this.#bytes - 2 * keptBytes} bytes left out⟩\n`,
      this.#redacted(last, last.length - keptBytes, last.length),
    ].join('');
    return { text, truncated: true };
  }

  #redacted(bytes: Buffer, from: number, to: number): string {
    const text = bytes.toString('utf8');
    const end = to === bytes.length ? text.length : unitsBefore(bytes, to);
    return redactedPart(text, this.#secrets.find(text), unitsBefore(bytes, from), end);
  }
}

/** How many UTF-16 units stand before a byte, which is taken back to the beginning of its character. */
function unitsBefore(bytes: Buffer, at: number): number {
  let start = Math.max(0, at);
  while (start > 0 && start > at - 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return bytes.toString('utf8', 0, start).length;
}
