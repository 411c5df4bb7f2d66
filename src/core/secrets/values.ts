/** Whether a secret's name promises a secret people choose, which may be short and plain. */
export const isPasswordName = (name: string): boolean => /pass(?:word|wd|phrase|code)?s?$|pwd$/i.test(name);

/** A made-up or referring value: `$TOKEN`, `<token>`, `***`, `xxx`, `changeme`, an already redacted one. */
export function isPlaceholder(value: string): boolean {
  const start = value.slice(0, 256);
  if (/^\$[A-Za-z_{(]|^<[^<>]*>$|^\{\{|^%\w+%$|^\[[^[\]]*\]$|^⟨|\*{3}|\.{3}|…|x{4}|example/i.test(start)) return true;
  if (/^secret:[A-Z_][A-Z0-9_]{0,63}$/.test(start)) return true; // names a secret of the policy
  return wordsForNone.test(start) || isMonotonous(value);
}

/** Whether what stands after a secret's name is likely the secret: neither a placeholder, a place, code, nor a plain word. */
export function looksLikeSecret(value: string): boolean {
  if (value.length < 8 || isPlaceholder(value) || isPlaceOrCode(value)) return false;
  if (/[A-Za-z]/.test(value) && /\d/.test(value)) return true;
  return value.length >= 16 && /[a-z]/.test(value) && /[A-Z]/.test(value);
}

/** The same for a password, where a short and plain one counts as well. */
export const looksLikePassword = (value: string): boolean =>
  value !== '' && !isPlaceholder(value) && !isPlaceOrCode(value);

/** At most two different characters: `****`, `0000`. Stops at the third. */
function isMonotonous(value: string): boolean {
  const seen = new Set<string>();
  for (const character of value) if (seen.add(character).size > 2) return false;
  return true;
}

const wordsForNone =
  /^(?:your|sample|dummy|fake|placeholder|redacted)(?:[-_ .].*)?$|^(?:change[-_]?me|pass|passwd|password|secret|token|api[-_]?key|none|null|nil|true|false|yes|no|on|off|undefined|required|optional|prompt|stdin|env|auto|default|test)$/i;

const isPlaceOrCode = (value: string): boolean =>
  /^(?:\/|\.{1,2}\/|~|[A-Za-z]:\\|[a-z][a-z0-9+.-]{1,20}:\/\/)/i.test(value) ||
  /^[A-Za-z_$][\w$]{0,64}(?:\.[A-Za-z_$][\w$]{0,64}){0,8}[([]/.test(value);
