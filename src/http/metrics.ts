import { metrics } from '../core/metrics/metrics.ts';
import { listAlertAnswers } from '../views/alerts.ts';
import { measure, requestsAndDeliveries } from '../views/metrics.ts';
import type { Door } from './door.ts';
import { hostOf } from './host-of.ts';

/** Everything that is measured, in the text format of Prometheus: read from the tables at this instant, kept nowhere. */
export async function exposition(door: Door): Promise<{ body: string; type: string }> {
  const { Counter, Gauge, Registry } = await import('prom-client'); // only where somebody scrapes
  const registry = new Registry();
  const registers = [registry];
  const now = door.now();
  const measured = await measure(door.viewer, hostOf(door), now);
  for (const { name, help, type } of metrics) {
    const value = measured[name];
    if (value === undefined || value === null) continue;
    if (type === 'counter') new Counter({ name: `gaia_${name}_total`, help, registers }).inc(value);
    else new Gauge({ name: `gaia_${name}`, help, registers }).set(value);
  }
  const { requests, deliveries } = await requestsAndDeliveries(door.viewer, now);
  const byState = new Gauge({
    name: 'gaia_requests',
    help: 'requests by state and kind',
    labelNames: ['state', 'kind'],
    registers,
  });
  for (const { state, kind, count } of requests) byState.set({ state, kind }, count);
  const messages = new Gauge({ name: 'gaia_deliveries', help: 'messages by state', labelNames: ['state'], registers });
  for (const { state, count } of deliveries) messages.set({ state }, count);
  const alerts = new Gauge({
    name: 'gaia_alert_firing',
    help: '1 while an alert fires',
    labelNames: ['alert'],
    registers,
  });
  for (const { name, state } of await listAlertAnswers(door.viewer, door.app.inForce.policy.alerts, now))
    alerts.set({ alert: name }, state === 'firing' ? 1 : 0);
  new Gauge({ name: 'gaia_info', help: 'the version that runs', labelNames: ['version'], registers }).set(
    { version: door.version },
    1,
  );
  new Gauge({ name: 'gaia_start_time_seconds', help: 'when it started, in seconds since 1970', registers }).set(
    door.startedAt / 1000,
  );
  return { body: await registry.metrics(), type: registry.contentType };
}
