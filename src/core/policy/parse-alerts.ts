import { type AlertRule, builtInAlerts, isWrong } from '../alerts/rule.ts';
import { findMetric, nearestMetric, samplesKeptMs } from '../metrics/metrics.ts';
import { visible } from '../text/visible.ts';
import { parseDuration, sayDuration } from './duration.ts';
import { lineAt } from './parse-values.ts';
import { type Members, type Place, quoted, type YamlReader } from './yaml-reader.ts';

/** What the policy says of alerts, over what is built in. */
export interface AlertPolicy {
  rules: AlertRule[];
  /** built-in rules that are turned off */
  off: string[];
}

export const builtInAlertPolicy: AlertPolicy = { rules: [], off: [] };

const members = [
  'name',
  'metric',
  'window',
  'atLeast',
  'atMost',
  'clear',
  'for',
  'repeat',
  'severity',
  'noData',
  'summary',
  'off',
];
const mostRules = 100;
const most = Number.MAX_SAFE_INTEGER;

/** `alerts:` of the policy: rules of its own, built-in ones said otherwise, and ones that are off. */
export function alertsAt(reader: YamlReader, place: Place): AlertPolicy {
  const policy: AlertPolicy = { rules: [], off: [] };
  const items = reader.items(place, 'alerts');
  if (items.length > mostRules) reader.fault(place, `At most ${mostRules} alerts.`);
  for (const item of items) {
    const own = reader.members(item, members, 'an alert');
    const namePlace = own?.take('name');
    const name = namePlace && lineAt(reader, namePlace, 'the name of an alert', 60);
    if (own === undefined) continue;
    if (namePlace === undefined) reader.fault(item, 'An alert needs a name.');
    if (namePlace === undefined || name === undefined) continue;
    if (!/^[a-z][a-z0-9_]*$/.test(name)) reader.fault(namePlace, 'The name of an alert is in snake_case: backup_old.');
    if (policy.off.includes(name) || policy.rules.some((rule) => rule.name === name))
      reader.fault(namePlace, `The alert ${quoted(visible(name))} stands here twice.`);
    const off = own.take('off');
    if (off !== undefined && reader.boolean(off, 'off') === true) {
      if (!builtInAlerts.some((rule) => rule.name === name))
        reader.fault(namePlace, `No built-in alert is named ${quoted(name)}; leave it out instead of turning it off.`);
      policy.off.push(name);
      continue;
    }
    const rule = ruleAt(reader, own, name);
    if (rule) policy.rules.push(rule);
  }
  return policy;
}

function ruleAt(reader: YamlReader, own: Members, name: string): AlertRule | undefined {
  const built = builtInAlerts.find((rule) => rule.name === name);
  const metricPlace = own.take('metric');
  const metricName = metricPlace ? reader.string(metricPlace, 'metric') : built?.metric;
  const metric = metricName === undefined ? undefined : findMetric(metricName);
  if (metricName === undefined && metricPlace === undefined)
    reader.fault(own.at, `The alert ${quoted(name)} needs a metric.`);
  if (metricName !== undefined && metric === undefined) {
    const meant = nearestMetric(metricName);
    reader.fault(
      metricPlace ?? own.at,
      `There is no metric ${quoted(visible(metricName))}${meant ? `; it may mean ${quoted(meant)}` : ''}.`,
    );
  }
  const limits = limitAt(reader, own, built);
  const lasts = (key: string, least: number, longest: number): number | undefined => {
    const at = own.take(key);
    if (at === undefined) return undefined;
    const value = reader.scalar(at);
    const seconds = value === 0 ? 0 : typeof value === 'string' ? parseDuration(value) : undefined;
    if (seconds !== undefined && seconds * 1_000 >= least && seconds * 1_000 <= longest) return seconds * 1_000;
    const from = sayDuration(least / 1_000);
    reader.fault(at, `${key} must be a duration from ${from} to ${sayDuration(longest / 1_000)}, such as 45m or 1h.`);
    return undefined;
  };
  const windowPlace = own.take('window');
  const windowMs = lasts('window', 60_000, samplesKeptMs - 86_400_000) ?? built?.windowMs;
  if (metric?.type === 'gauge' && windowPlace !== undefined)
    reader.fault(windowPlace, `${metric.name} is as it is at an instant; a window is for what is counted.`);
  if (metric?.type === 'counter' && windowMs === undefined && windowPlace === undefined)
    reader.fault(own.at, `${metric.name} only ever rises: the alert ${quoted(name)} needs a window, such as 1h.`);
  const severity = own.take('severity');
  const noData = own.take('noData');
  const summary = own.take('summary');
  const rule: Omit<AlertRule, 'metric' | 'when' | 'limit'> = {
    name,
    ...(windowMs === undefined || metric?.type === 'gauge' ? {} : { windowMs }),
    forMs: lasts('for', 0, 86_400_000) ?? built?.forMs ?? 0,
    repeatMs: lasts('repeat', 300_000, 30 * 86_400_000) ?? built?.repeatMs ?? 4 * 3_600_000,
    severity: (severity && reader.word(severity, 'severity', ['warning', 'critical'])) ?? built?.severity ?? 'warning',
    tellsNoData: (noData && reader.boolean(noData, 'noData')) ?? built?.tellsNoData ?? true,
    summary: (summary && lineAt(reader, summary, 'the summary of an alert')) ?? built?.summary ?? `${name} is wrong.`,
  };
  return metric && limits && { ...rule, ...limits, metric: metric.name };
}

function limitAt(
  reader: YamlReader,
  own: Members,
  built: AlertRule | undefined,
): Pick<AlertRule, 'when' | 'limit' | 'clear'> | undefined {
  const [least, mostPlace, clearPlace] = [own.take('atLeast'), own.take('atMost'), own.take('clear')];
  const number = (place: Place | undefined, what: string) =>
    place && reader.wholeNumber(place, what, { min: 0, max: most });
  if (least !== undefined && mostPlace !== undefined)
    reader.fault(mostPlace, 'An alert has atLeast or atMost, not both.');
  const limitPlace = least ?? mostPlace;
  const limit = limitPlace ? number(limitPlace, least ? 'atLeast' : 'atMost') : built?.limit;
  if (limitPlace === undefined && built === undefined) reader.fault(own.at, 'An alert needs atLeast or atMost.');
  const when = least ? 'at_least' : mostPlace ? 'at_most' : (built?.when ?? 'at_least');
  const given = number(clearPlace, 'clear');
  const clear = given ?? (limitPlace === undefined ? built?.clear : undefined);
  if (limit === undefined) return undefined;
  const asRule = { when, limit } as AlertRule;
  if (clearPlace && given !== undefined && given !== limit && isWrong(asRule, given))
    reader.fault(clearPlace, 'clear must be on the good side of the limit.');
  return { when, limit, ...(clear === undefined ? {} : { clear }) };
}

/** One rule as a sentence without its name. */
export const describeAlert = (rule: AlertRule): string => {
  const { metric, windowMs, when, limit, clear, forMs, repeatMs, severity, tellsNoData } = rule;
  return [
    `${metric}${windowMs === undefined ? '' : ` within ${sayDuration(windowMs / 1_000)}`} ${when === 'at_least' ? 'at least' : 'at most'} ${limit}`,
    ...(clear === undefined ? [] : [`clear ${clear}`]),
    ...(forMs === 0 ? [] : [`for ${sayDuration(forMs / 1_000)}`]),
    `repeated every ${sayDuration(repeatMs / 1_000)}`,
    severity,
    ...(tellsNoData ? [] : ['quiet without data']),
  ].join(', ');
};
