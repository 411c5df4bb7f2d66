import { invalid } from './github-error.ts';

const titleCap = 256;
const bodyCap = 65_536;

/** GitHub counts characters, not units of UTF-16 or bytes. */
const lengthOf = (text: string): number => [...text].length;

/** @returns the title without white space around it */
export function checkTitle(resource: string, title: string): string {
  if (title.trim() === '') throw invalid({ resource, code: 'missing_field', field: 'title' });
  if (lengthOf(title) > titleCap) {
    const message = `title is too long (maximum is ${titleCap} characters)`;
    throw invalid({ resource, code: 'custom', field: 'title', message });
  }
  return title.trim();
}

export function checkBody(resource: string, body: string | null | undefined, isNeeded = false): void {
  if (isNeeded && (body ?? '').trim() === '') {
    throw invalid({ resource, code: 'unprocessable', field: 'data', message: 'Body cannot be blank' });
  }
  if (lengthOf(body ?? '') <= bodyCap) return;
  const message = `body is too long (maximum is ${bodyCap} characters)`;
  throw invalid({ resource, code: 'custom', field: 'body', message });
}
