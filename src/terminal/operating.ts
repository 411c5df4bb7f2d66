import type { Message } from '../core/delivery/delivery.ts';
import { saysBeyond } from '../core/delivery/requeue.ts';
import { findMetric, sayValue } from '../core/metrics/metrics.ts';
import { counted } from '../core/text/count.ts';
import { absoluteTime, duration } from '../core/text/times.ts';
import { visible } from '../core/text/visible.ts';

type About = Extract<Message, { about: 'requeued' | 'discarded' | 'silenced' | 'alert' }>;

const nameOf = (actor: string): string =>
  actor === 'admin' ? 'the admin key' : visible(actor.replace(/^person:/, ''));

/** What a line in the terminal says of requeued messages and alerts. */
export function operatingText(body: About, now: number): string {
  switch (body.about) {
    case 'requeued':
      return [
        `${counted(body.requeued.length, 'message')} requeued by ${nameOf(body.by)}${body.left.length > 0 ? `, ${body.left.length + (body.unnamed ?? 0)} left` : ''}:`,
        ...body.requeued.map(({ id, what }) => `  ${id} ${visible(what)}`),
        ...body.left.map(({ id, what, because }) => `  left ${id} ${visible(what)}: ${visible(because)}`),
        ...saysBeyond(body, 'gaia requeue --all'),
      ].join('\n');
    case 'discarded':
      return `${body.delivery.id} (${visible(body.delivery.what)}) was closed for good by ${nameOf(body.by)}: ${visible(body.reason)}`;
    case 'silenced':
      return body.until === null
        ? `The alert ${body.alert} may speak again, says ${nameOf(body.by)}.`
        : `The alert ${body.alert} is silenced until ${absoluteTime(body.until)} by ${nameOf(body.by)}${body.reason ? `: ${visible(body.reason)}` : '.'}`;
    case 'alert':
      return alertLine(body, now);
  }
}

function alertLine(
  { name, change, value, at, firedAt, rule, fallback, because }: Extract<About, { about: 'alert' }>,
  now: number,
): string {
  const unit = findMetric(rule.metric)?.unit ?? 'count';
  const reading = `${rule.metric} ${sayValue(value, unit)}, limit ${sayValue(rule.limit, unit)}`;
  const when = `at ${absoluteTime(at)}${now - at > 60_000 ? ` (${duration(now - at)} ago)` : ''}`;
  const told = fallback ? ` Told here because ${visible(fallback)}.` : '';
  switch (change) {
    case 'resolved':
      return `ALERT RESOLVED ${name} ${when}${firedAt === null ? '' : `, after ${duration(Math.max(0, at - firedAt))}`} (${reading})${because === undefined ? '' : `: ${because}`}.${told}`;
    case 'no_data':
      return `ALERT ${name}: ${rule.metric} cannot be read, since ${absoluteTime(at)}.${told}`;
    default:
      return `ALERT ${change === 'repeat' ? 'STILL FIRING' : 'FIRING'} ${name} ${when}: ${visible(rule.summary)} (${reading}).${told}`;
  }
}
