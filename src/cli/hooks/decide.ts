import { type GaiaClient, GaiaProblem, GaiaUnreachable } from '../../client/client.ts';
import { openQuestion } from '../../core/approval/comment.ts';
import type { DenyReason } from '../../core/approval/decision.ts';
import { denyWords } from '../../core/approval/words.ts';
import type { RequestAnswer, SubmittedAnswer } from '../../core/wire/answers.ts';
import type { Terminal } from '../terminal.ts';
import { allowed, submissionsFor, type ToolCall } from './tool-call.ts';

/** What the hook answers its agent. */
export type HookDecision = { allow: true; reason: string } | { allow: false; reason: string };

export interface HookPorts {
  client: Pick<GaiaClient, 'request' | 'wait' | 'takePermit' | 'getRequest' | 'withdraw'>;
  delay: Terminal['delay'];
  /** who asks, as people read it: `Claude Code` */
  agent: string;
  /** how long people have */
  seconds: number;
}

/** Asks people about a tool call and waits for what they say. Every way out that is no approval is a denial. */
export async function decideToolCall(call: ToolCall, ports: HookPorts): Promise<HookDecision> {
  const ways = submissionsFor(call, ports.agent, ports.seconds);
  if ('fault' in ways) return deny(`Gaia was not asked: ${ways.fault}.`);
  try {
    const deadline = performance.now() + ports.seconds * 1000;
    let asked: SubmittedAnswer | undefined;
    for (const way of ways) {
      asked = await ports.client.request(way);
      if (!asked.blockers.some(({ code }) => code === 'executable_not_found')) break;
    }
    return await decided(asked as SubmittedAnswer, deadline, ports);
  } catch (error) {
    if (error instanceof GaiaUnreachable)
      return deny(`Gaia cannot be reached, so nothing is allowed. ${error.message} ${error.remedy}`);
    if (error instanceof GaiaProblem) return deny(`Gaia refused: ${error.message} ${error.remedy ?? ''}`.trim());
    throw error;
  }
}

async function decided(asked: SubmittedAnswer, deadline: number, ports: HookPorts): Promise<HookDecision> {
  const { client } = ports;
  const { joined } = asked;
  // A command has one permit, whoever waits for it; an answer has none, so it would allow every call that waits.
  if (joined && asked.kind === 'question') {
    return deny(
      `The same call waits as ${asked.id} already, and its answer allows that one alone. Wait for it, then make this call again.`,
    );
  }
  let seen: RequestAnswer = asked;
  for (;;) {
    const left = Math.ceil((deadline - performance.now()) / 1000);
    if (seen.state === 'approved' && seen.mode === 'client') {
      const taken = await taking(client, seen);
      if (taken) return taken;
    } else if (seen.state !== 'pending') return verdictOf(seen);
    if (left <= 0) return tooLate(client, { id: seen.id, joined }, ports.seconds);
    const known = seen.comments.length;
    if (seen.state === 'approved') await ports.delay(1_000); // paused: its permit cannot be taken yet
    seen = await client.wait(seen.id, { seconds: left, until: 'decided', comments: known });
    const question = seen.comments.length > known ? openQuestion(seen.comments, seen.askedBy) : undefined;
    if (question && seen.state === 'pending') return passedOn(question.text, seen);
  }
}

/** A person's question goes to the agent, who cannot answer while its call waits. */
function passedOn(question: string, { id, kind }: RequestAnswer): HookDecision {
  const next =
    kind === 'question'
      ? `then take ${id} back (withdraw_request; or: gaia withdraw ${id}) and make the same call again: every call is asked for anew.`
      : `then make the same call again: it goes on waiting as ${id}.`;
  return deny(
    `A person asks about this before deciding: “${question}” Answer it (Gaia's tool answer_comment, id ${id}; or: gaia comment ${id} "…"), ${next}`,
  );
}

/** Takes the permit; undefined where its time has not come yet. Whoever gets no answer does not run. */
async function taking(client: HookPorts['client'], { id, votes }: RequestAnswer): Promise<HookDecision | undefined> {
  try {
    await client.takePermit(id);
    const by = votes.filter(({ verdict }) => verdict === 'approve').map(({ person }) => person);
    return { allow: true, reason: `Approved${by.length > 0 ? ` by ${by.join(' and ')}` : ' in advance'} (${id}).` };
  } catch (error) {
    if (error instanceof GaiaProblem && error.code === 'not_yet') return undefined;
    throw error;
  }
}

function verdictOf(request: RequestAnswer): HookDecision {
  const { id, state, end, answer, blockers, votes } = request;
  const by = votes.at(-1)?.person ?? 'a person';
  switch (state) {
    case 'answered':
      return answer === allowed
        ? { allow: true, reason: `Allowed by ${by} (${id}).` }
        : deny(`Not allowed by ${by} (${id}).`);
    case 'denied': {
      const code = end?.code ? (denyWords[end.code as DenyReason] ?? end.code) : undefined;
      const why = [code, end?.text].filter((part) => part).join(': ');
      return deny(`Denied by ${by} (${id})${why ? `: ${why}` : ''}. Do not try the same again unchanged.`);
    }
    case 'blocked':
      return deny(
        `Gaia blocked it (${id}). ${blockers.map(({ message, remedy }) => `${message} ${remedy}`).join(' ')}`,
      );
    case 'expired':
      return deny(`Nobody decided in time (${id} is expired). It was not denied: you may ask again later.`);
    case 'released':
      return deny(`The one permit of ${id} was taken before; ask again by making a new call.`);
    default:
      return deny(`${id} is ${state}${end?.text ? `: ${end.text}` : ''}; nothing is allowed.`);
  }
}

/** What nobody waits for any more is taken back: an approval that comes later would allow nothing. */
async function tooLate(
  client: HookPorts['client'],
  { id, joined }: Pick<SubmittedAnswer, 'id' | 'joined'>,
  seconds: number,
): Promise<HookDecision> {
  let becomes = 'was taken back';
  try {
    if (joined || (await client.getRequest(id)).joins > 0) becomes = 'stays for the others who wait for it';
    else await client.withdraw(id);
  } catch (error) {
    if (!(error instanceof GaiaProblem) && !(error instanceof GaiaUnreachable)) throw error;
    becomes = 'could not be taken back';
  }
  return deny(`Nobody decided within ${seconds} s, so ${id} ${becomes}. It was not denied: you may ask again later.`);
}

const deny = (reason: string): HookDecision => ({ allow: false, reason });
