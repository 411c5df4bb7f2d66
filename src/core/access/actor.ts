import type { Source } from '../audit/event.ts';

/** Who acts, as written into the log. */
export type Actor = `agent:${string}` | `person:${string}` | 'admin' | 'gaia';

/** Who acts, through which door, and the trace that ties together all that comes of it. */
export interface By {
  actor: Actor;
  source: Source;
  traceId: string;
}

export const agentNamed = (name: string): Actor => `agent:${name}`;
export const person = (id: string): Actor => `person:${id}`;
export const agentOf = (actor: string): string | undefined =>
  actor.startsWith('agent:') ? actor.slice('agent:'.length) : undefined;
export const personOf = (actor: string): string | undefined =>
  actor.startsWith('person:') ? actor.slice('person:'.length) : undefined;

/** The people this installation knows. A person's id is their numeric Telegram id, or `local`: whoever holds the console's link. */
export interface People {
  approvers: readonly string[];
  operators: readonly string[];
  /** stands for whoever holds the monitor's token; looks and requeues, and nothing else. Absent: there is none */
  monitor?: string;
}

/** Whether somebody may see what people see. */
export const mayLook = ({ approvers, operators, monitor }: People, id: string): boolean =>
  approvers.includes(id) || operators.includes(id) || (monitor !== undefined && id === monitor);

/** Whether somebody may give what could not be delivered another life. */
export const mayRequeue = ({ operators, monitor }: People, actor: Actor): boolean => {
  const id = personOf(actor);
  return actor === 'admin' || actor === 'gaia' || (id !== undefined && (operators.includes(id) || id === monitor));
};

export const localPerson = 'local';
