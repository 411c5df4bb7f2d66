import { recogniseSecrets, type SecretFound, type SecretPattern } from '../core/secrets/recognise.ts';
import { redaction } from '../core/secrets/redact.ts';

/** What is taken out of a command's output. */
export interface OutputSecrets {
  /** exact texts, as programs may write them */
  values: readonly string[];
  find(text: string): SecretFound[];
}

/** The values a command was given, in the forms that programs write them in, shapes of the policy, and the built-in ones. */
export function outputSecrets(
  given: readonly { name: string; value: string }[],
  patterns: readonly SecretPattern[],
): OutputSecrets {
  const forms = given.flatMap(({ name, value }) => writtenForms(value).map((form) => ({ name, form })));
  const all = [...forms.map(({ name, form }) => ({ name, pattern: literally(form) })), ...patterns];
  return { values: forms.map(({ form }) => form), find: (text) => recogniseSecrets(text, all) };
}

/** A part of a text; what a secret covers of it is its name. */
export function redactedPart(text: string, secrets: readonly SecretFound[], from: number, to: number): string {
  let part = '';
  let at = from;
  for (const { name, start, end } of secrets) {
    if (end <= from || start >= to) continue;
    part += text.slice(at, Math.max(at, start)) + redaction(name);
    at = end;
  }
  return storable(part + text.slice(at, Math.max(at, to)));
}

/** PostgreSQL's text holds no NUL. */
export const storable = (text: string): string => text.replaceAll('\0', '␀');

/** Plainly, in a URL, in JSON, in base64, and line by line where it has several. */
function writtenForms(value: string): string[] {
  if (value === '') return [];
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 16);
  const inJson = JSON.stringify(value).slice(1, -1);
  const inBase64 = Buffer.from(value).toString('base64');
  return [...new Set([value, encodeURIComponent(value.toWellFormed()), inJson, inBase64, ...lines])];
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
