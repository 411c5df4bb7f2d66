import { badRequest } from './bot-api-error.ts';
import { readMultipart, type UploadedFile } from './multipart.ts';

/** What a form cannot carry but as JSON in a text. */
const objects = new Set([
  'allowed_updates',
  'caption_entities',
  'commands',
  'entities',
  'link_preview_options',
  'reaction',
  'reply_markup',
  'reply_parameters',
  'scope',
]);

/** The parameters of one call, the same whether they came as query, JSON, urlencoded or multipart. */
export class Parameters {
  /** JSON values already read; ids that are numbers are numbers */
  readonly values: Readonly<Record<string, unknown>>;
  readonly #files: ReadonlyMap<string, UploadedFile>;

  constructor(raw: Readonly<Record<string, unknown>>, files: ReadonlyMap<string, UploadedFile> = new Map()) {
    this.values = Object.fromEntries(
      Object.entries(raw)
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([name, value]) => [name, objects.has(name) ? readObject(name, value) : readNumber(name, value)]),
    );
    this.#files = files;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    if (value === undefined) return undefined;
    const text = String(value);
    if (!text.isWellFormed()) throw badRequest('strings must be encoded in UTF-8');
    return text;
  }

  integer(name: string): number | undefined {
    const value = Number(this.values[name] ?? Number.NaN);
    return Number.isSafeInteger(value) ? value : undefined;
  }

  flag(name: string): boolean {
    return ['true', '1', 'yes', 'y', 't'].includes(String(this.values[name] ?? '').toLowerCase());
  }

  object(name: string): unknown {
    return this.values[name];
  }

  /** The file behind `name`: uploaded under that name, or under the one that `attach://` points to. */
  file(name: string): UploadedFile | undefined {
    const pointer = this.values[name];
    const key = typeof pointer === 'string' && pointer.startsWith('attach://') ? pointer.slice(9) : name;
    return this.#files.get(key);
  }
}

/** @param contentType the header of the request, may be empty */
export function readParameters(query: URLSearchParams, contentType: string, body: Buffer): Parameters {
  const raw: Record<string, unknown> = Object.fromEntries(query);
  if (body.length === 0) return new Parameters(raw);
  if (/^application\/json/i.test(contentType)) return new Parameters({ ...raw, ...readJsonBody(body) });
  const boundary = /^multipart\/form-data.*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  if (boundary === null) return new Parameters({ ...raw, ...Object.fromEntries(new URLSearchParams(body.toString())) });
  const form = readMultipart(body, boundary[1] ?? boundary[2] ?? '');
  return new Parameters({ ...raw, ...Object.fromEntries(form.fields) }, form.files);
}

function readJsonBody(body: Buffer): Record<string, unknown> {
  const value = tryJson(body.toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest("can't parse JSON object");
  }
  return value as Record<string, unknown>;
}

function readObject(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value === '') return undefined;
  const read = tryJson(value);
  if (read !== undefined) return read;
  throw badRequest(name === 'reply_markup' ? "can't parse reply keyboard markup JSON object" : `can't parse ${name}`);
}

const readNumber = (name: string, value: unknown): unknown =>
  (name.endsWith('_id') || name === 'offset' || name === 'limit' || name === 'timeout') &&
  typeof value === 'string' &&
  /^-?\d{1,15}$/.test(value) &&
  name !== 'callback_query_id' &&
  name !== 'file_id'
    ? Number(value)
    : value;

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
