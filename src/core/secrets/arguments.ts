import type { Json } from '../canonical.ts';
import { looksLikePassword, looksLikeSecret } from './values.ts';

const asksTheWeb = /(?:^|\/)(?:curl|wget|https?)$/;
const asksMysql = /(?:^|\/)(?:mysql|mariadb)[a-z-]{0,16}$/;
const sshpass = /(?:^|\/)sshpass$/;

/**
 * The places of a list of arguments that hold a password by where they stand: `curl -u user:pass`, `sshpass -p X`,
 * `mysql -pX`, behind `sudo` and `env` too. What one text holds (`sh -c "…"`) is for the shapes.
 */
export function passwordsAmong(items: readonly Json[]): Set<number> {
  const found = new Set<number>();
  const started = { web: false, mysql: false, sshpass: false };
  for (const [index, item] of items.entries()) {
    if (typeof item !== 'string') continue;
    const before = index === 0 ? undefined : items[index - 1];
    const short = item.slice(0, 1_024);
    if (passwordIn(short, typeof before === 'string' ? before : '', started)) found.add(index);
    const name = item.length > 256 ? '' : item;
    started.web ||= asksTheWeb.test(name);
    started.mysql ||= asksMysql.test(name);
    started.sshpass ||= sshpass.test(name);
  }
  return found;
}

interface Started {
  web: boolean;
  mysql: boolean;
  sshpass: boolean;
}

function passwordIn(item: string, before: string, { web, mysql, sshpass }: Started): boolean {
  if (sshpass && before === '-p') return looksLikePassword(item);
  if (sshpass && /^-p./s.test(item)) return looksLikePassword(item.slice(2));
  if (mysql && /^-p./s.test(item)) return looksLikePassword(item.slice(2));
  if (web) {
    if (/^(?:-[A-Za-z]{0,4}[uU]|--(?:proxy-)?user)$/.test(before)) return isPair(item, looksLikePassword);
    const attached = /^(?:-[uU]|--(?:proxy-)?user=)(.+)$/s.exec(item)?.[1];
    return attached !== undefined && isPair(attached, looksLikePassword);
  }
  return before === '-u' && isPair(item, looksLikeSecret);
}

function isPair(item: string, isSecret: (value: string) => boolean): boolean {
  const [, password] = /^[^\s:]{1,128}:(\S+)$/.exec(item) ?? [];
  return password !== undefined && isSecret(password);
}
