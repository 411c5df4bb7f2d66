/** `3 requests`, `1 request` */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

export const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
