import type { App } from '../actions/app.ts';
import { offerControls } from '../actions/controls.ts';
import type { Control } from '../core/delivery/control.ts';
import type { Delivery, Message } from '../core/delivery/delivery.ts';
import type { StatusAnswer } from '../core/wire/answers-status.ts';
import { chartOf, findAlertView, listAlertAnswers, runbookOf } from '../views/alerts.ts';
import { listFailed } from '../views/failed.ts';
import type { Viewer } from '../views/requests.ts';
import { buttonFor } from './cards/keyboard.ts';
import type { Speech } from './sender/calls.ts';
import { statusText, type TellFacts } from './texts/commands.ts';
import {
  alertsText,
  alertText,
  failedAtOnce,
  failedControls,
  failedText,
  sealText,
  silenceFor,
  speakingAlerts,
} from './texts/operating.ts';

type Place = Pick<Delivery, 'chat' | 'topic'>;
type About = Extract<Message, { about: 'failed' | 'alerts' | 'alert' | 'seal' }>;

interface Ports {
  app: App;
  viewer: Viewer;
  seal: () => Promise<string | null>;
}

/** Answers to operators and alerts: in words, with buttons whose references are kept before they are sent. */
export async function operatingSpeech(
  { body, ...place }: Place & { body: About },
  { app, viewer, seal }: Ports,
  facts: TellFacts,
): Promise<Speech> {
  switch (body.about) {
    case 'failed': {
      const failed = await listFailed(viewer, failedAtOnce);
      return failedText(failed, facts, await offerControls(app, place, failedControls(failed)));
    }
    case 'alerts': {
      const alerts = await listAlertAnswers(viewer, app.inForce.policy.alerts, facts.now);
      const controls = speakingAlerts(alerts).map(({ name }) => silenceFor(name));
      return alertsText(alerts, facts, await offerControls(app, place, controls));
    }
    case 'seal':
      return sealText(await seal());
    case 'alert': {
      const { name, episode, change } = body;
      const { alert, messageId } = await findAlertView(viewer, name, episode, place.chat);
      const isPresent = alert?.episode === episode && (alert.firedAt !== null || alert.state === 'no_data');
      const text = alertText(body, {
        ...facts,
        chart: await chartOf(viewer.db, body.rule.metric, facts.now),
        present: alert ? { value: alert.value, isFiring: isPresent } : null,
        runbook: runbookOf(name),
        refer: await offerControls(app, place, [silenceFor(name)]),
      });
      if (change === 'edit') return { ...text, edits: messageId };
      return change === 'resolved' ? { ...text, isSilent: true } : text;
    }
  }
}

/** `/status`, with the next steps as buttons. */
export async function statusSpeech(status: StatusAnswer, place: Place, app: App, facts: TellFacts): Promise<Speech> {
  const isStill = status.paused !== null;
  const offered: [label: string, control: Control][] = [
    ...((status.requests.pending ?? 0) > 0
      ? [['● Pending', { kind: 'show', what: 'pending' }] as [string, Control]]
      : []),
    ...((status.deliveries.dead ?? 0) > 0 ? [['✕ Failed', { kind: 'show', what: 'failed' }] as [string, Control]] : []),
    ['! Alerts', { kind: 'show', what: 'alerts' }],
    ...(status.acceptance !== null
      ? []
      : [(isStill ? ['▶ Resume', { kind: 'resume' }] : ['❚❚ Pause', { kind: 'pause' }]) as [string, Control]]),
    ['↻ Again', { kind: 'show', what: 'status' }],
  ];
  const refer = await offerControls(
    app,
    place,
    offered.map(([, control]) => control),
  );
  const buttons = offered.map(([label, control]) => buttonFor(label, refer(control)));
  return {
    ...statusText(status, facts),
    keyboard: [buttons.slice(0, 3), buttons.slice(3)].filter((row) => row.length > 0),
  };
}
