/** Quotes and lists within each other; deeper ones are written to exhaust a reader, or a parser. */
const tooDeep = /^(?:(?:[ \t]*(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])){33}|[ \t]{100,}(?:[-*+]|\d{1,9}[.)])[ \t])/m;
/** Signs of each kind that a text within its length has no use for; parsers are slow on more of them. */
const mostSigns = 4_000;

/** Whether a text is made so that looking through it would take too long. */
export const isExhausting = (text: string): boolean =>
  tooDeep.test(text) ||
  [/[[\]]/g, /[*_~]/g, /`/g, /[<>]/g, /&/g, /@/g, /[#\uff03\ufe5f]/g, /\|/g, /\\/g, /\n/g].some(
    (sign) => (text.match(sign)?.length ?? 0) > mostSigns,
  );
