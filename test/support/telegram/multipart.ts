/** A file as it was uploaded. */
export interface UploadedFile {
  name: string;
  content: Buffer;
}

export interface Form {
  fields: Map<string, string>;
  files: Map<string, UploadedFile>;
}

/**
 * Reads a multipart/form-data body, as tolerantly as Telegram does: header names in any case, no blank after the
 * colon or the semicolon, values with or without quotes (grammY sends `content-disposition:form-data;name="a";filename=b`).
 */
export function readMultipart(body: Buffer, boundary: string): Form {
  const form: Form = { fields: new Map(), files: new Map() };
  const mark = Buffer.from(`--${boundary}`);
  let start = body.indexOf(mark);
  while (start !== -1) {
    const end = body.indexOf(mark, start + mark.length);
    if (end === -1) break;
    // A part stands between the line break after its mark and the one before the next.
    readPart(form, body.subarray(start + mark.length + 2, end - 2));
    start = end;
  }
  return form;
}

function readPart(form: Form, part: Buffer): void {
  const split = part.indexOf('\r\n\r\n');
  if (split === -1) return;
  const head = part.subarray(0, split).toString('utf8');
  const content = Buffer.from(part.subarray(split + 4));
  const disposition = head.split('\r\n').find((line) => /^content-disposition\s*:/i.test(line)) ?? '';
  const name = attribute(disposition, 'name');
  if (name === undefined) return;
  const filename = attribute(disposition, 'filename');
  if (filename === undefined) form.fields.set(name, content.toString('utf8'));
  else form.files.set(name, { name: filename, content });
}

function attribute(line: string, name: string): string | undefined {
  const match = new RegExp(String.raw`;\s*${name}\s*=\s*(?:"([^"]*)"|([^;]*))`, 'i').exec(line);
  return match?.[1] ?? match?.[2]?.trim();
}
