import { StringDecoder } from 'node:string_decoder';
import type { LiveStream } from '../actions/executor.ts';
import { type OutputSecrets, redactedPart } from './output-secrets.ts';

/** UTF-16 units that are shown of a stream at any time. */
const shownLength = 4_096;
/** UTF-16 units that were shown before and are looked at again: a secret's name may stand before it. */
const contextLength = 8 * 1024;
/** Bytes of news that are kept between two looks; of more than that the last is shown. */
const newsBytes = 64 * 1024;

/** The newest of a stream while it still comes. Its last word waits until it is whole: it may be half of a secret. */
export class LiveOutput {
  #news: Buffer[] = [];
  #newsBytes = 0;
  #decoder = new StringDecoder('utf8');
  #context = '';
  #waiting = '';
  #shown = '';
  #end = 0;
  /** whether bytes were left out since the last look: what stands first may then be the end of a secret */
  #hasGap = false;
  readonly #secrets: OutputSecrets;

  constructor(secrets: OutputSecrets) {
    this.#secrets = secrets;
  }

  add(chunk: Buffer): void {
    this.#news.push(chunk);
    this.#newsBytes += chunk.length;
    while (this.#newsBytes - (this.#news[0]?.length ?? 0) >= newsBytes) {
      const passed = this.#news.shift()?.length ?? 0;
      this.#newsBytes -= passed;
      this.#leaveOut(passed);
    }
  }

  newest(): LiveStream {
    const text = this.#context + this.#waiting + this.#decoder.write(Buffer.concat(this.#news));
    this.#news = [];
    this.#newsBytes = 0;
    const from = this.#hasGap ? Math.max(0, text.length - shownLength) : this.#context.length;
    if (this.#hasGap) this.#end += from;
    this.#hasGap = false;
    const to = Math.max(from, this.#certainEnd(text));
    const secrets = this.#secrets.find(text).flatMap((secret) => {
      if (secret.start >= from) return [secret];
      return secret.end > from ? [{ ...secret, start: from }] : [];
    });
    const more = redactedPart(text, secrets, from, to);
    this.#end += more.length;
    this.#shown = (this.#shown + more).slice(-shownLength).toWellFormed();
    this.#context = text.slice(Math.max(0, to - contextLength), to);
    this.#waiting = text.slice(to);
    return { text: this.#shown, end: this.#end };
  }

  /** The place behind the last space, and before whatever could become a secret that holds spaces. */
  #certainEnd(text: string): number {
    let end = text.length;
    while (end > 0 && !/\s/.test(text[end - 1] ?? '')) end -= 1;
    for (const value of this.#secrets.values) end = beforeHalf(text, end, value);
    return end;
  }

  /** What came too fast counts by its bytes, and ends what was known before it. */
  #leaveOut(bytes: number): void {
    this.#end += this.#waiting.length + bytes;
    this.#waiting = '';
    this.#context = '';
    this.#shown = '';
    this.#hasGap = true;
    this.#decoder = new StringDecoder('utf8');
  }
}

function beforeHalf(text: string, end: number, value: string): number {
  for (let start = Math.max(0, end - value.length + 1); start < end; start += 1) {
    if (text[start] === value[0] && value.startsWith(text.slice(start, end))) return start;
  }
  return end;
}
