import type { Channel, Sent } from '../actions/deliveries.ts';
import { endWords as approvalWords } from '../core/approval/words.ts';
import type { Delivery } from '../core/delivery/delivery.ts';
import { quoteArgv } from '../core/text/quote.ts';
import { visible } from '../core/text/visible.ts';
import type { RequestAnswer } from '../core/wire/answers.ts';
import type { GrantAnswer } from '../core/wire/answers-access.ts';
import { operatingText } from './operating.ts';

export interface TerminalPorts {
  write: (line: string) => Promise<void>;
  /** keeps what it says of alerts in a file as well, for who was not at the terminal */
  keep?: (line: string) => Promise<void>;
  look: (requestId: string) => Promise<RequestAnswer>;
  findGrant: (id: string) => Promise<GrantAnswer | undefined>;
  now: () => number;
}

/** The terminal that Gaia runs in, as a channel: a line or two for every change people should know of. */
export const terminalChannel = (ports: TerminalPorts): Channel => ({
  name: 'terminal',
  async send(delivery: Delivery): Promise<Sent> {
    const text = await textOf(delivery, ports);
    try {
      if (delivery.body.about === 'alert') await ports.keep?.(text);
      await ports.write(text);
      return { ok: true };
    } catch (error) {
      return {
        ok: false,
        kind: 'transient',
        error: error instanceof Error ? error.message : 'the terminal cannot be written to',
      };
    }
  },
});

async function textOf({ body }: Delivery, { look, findGrant, now }: TerminalPorts): Promise<string> {
  switch (body.about) {
    case 'request':
      return lineFor(await look(body.requestId), body.because, now());
    case 'caps':
      return `The agent ${visible(body.agent)} reached its limit (${body.cap === 'open' ? `${body.limit} open requests` : `${body.limit} requests a minute`}); more are refused for now.`;
    case 'policy':
      return [
        `Another policy is in force, loaded by ${nameOf(body.by)}:`,
        ...body.changes.map((change) => `  ${visible(change)}`),
      ].join('\n');
    case 'paused':
      return `Gaia was paused by ${nameOf(body.by)}${body.reason ? ` (${visible(body.reason)})` : ''}. Nothing new starts; decisions go on. To let it go on: gaia resume`;
    case 'resumed':
      return `Gaia was resumed by ${nameOf(body.by)}.`;
    case 'acceptance':
      return `${body.reason} Nothing starts until an operator accepts it: gaia resume --accept-generation`;
    case 'grant_given': {
      const grant = await findGrant(body.grantId);
      if (grant === undefined) return `The grant ${body.grantId} is gone.`;
      return `${nameOf(grant.givenBy)} allowed ${visible(grant.agent)} to run ${shortened(grant.what)} again without asking, ${grant.usesMax} times within ${minutes(grant.expiresAt - grant.givenAt)}. To take it back: gaia revoke ${grant.id}`;
    }
    case 'grant_used': {
      const grant = await findGrant(body.grantId);
      const request = await look(body.requestId);
      return `${request.id} (${nameOf(request.askedBy)}) went ahead under ${body.grantId}${grant ? `, use ${grant.uses} of ${grant.usesMax}: ${shortened(grant.what)}` : ''}`;
    }
    case 'comment': {
      const request = await look(body.requestId);
      const said = request.comments.find(({ id }) => id === body.commentId);
      return `${request.id}: ${nameOf(said?.author ?? request.askedBy)} says: ${shortened(visible(said?.text ?? ''))}\n  ${request.url}`;
    }
    case 'terminal_opened':
      return `A terminal acts as ${visible(body.personId)} until ${new Date(body.expiresAt).toISOString().slice(11, 16)} UTC.`;
    case 'reminder': {
      const request = await look(body.requestId);
      return request.state === 'pending'
        ? `${request.id} still waits for a decision, ${minutes(request.expiresAt - now())} left: ${nameOf(request.askedBy)} asks ${summaryOf(request)}\n  ${request.url}`
        : `${request.id} is ${request.state} by now.`;
    }
    case 'trouble':
      return body.trouble;
    case 'unknown':
      return `Nobody knows what became of ${body.requestId}: its supervisor is gone and left no outcome. It is not started again. Look at what it was to change, then: gaia resolve ${body.requestId} executed|failed --reason TEXT`;
    case 'requeued':
    case 'discarded':
    case 'silenced':
    case 'alert':
      return operatingText(body, now());
    default:
      throw new Error(`a message about ${body.about} is not for the terminal`);
  }
}

/** What changed about a request, in one line, and where to look. The line says what is true when it is written. */
function lineFor(request: RequestAnswer, because: string, now: number): string {
  const id = `${request.isTest ? 'TEST ' : ''}${request.id}`;
  const what = `${id} (${nameOf(request.askedBy)})`;
  switch (because) {
    case 'submitted':
      return request.state === 'pending'
        ? `${id}: ${nameOf(request.askedBy)} asks ${summaryOf(request)} (${request.tier}, ${minutes(request.expiresAt - now)} left)\n  ${request.url}`
        : `${id}: ${nameOf(request.askedBy)} asked ${summaryOf(request)}; it is ${request.state} by now`;
    case 'blocked':
      return `${what} was blocked: ${request.blockers.map((blocker) => visible(blocker.message)).join(' ')}`;
    case 'comment': {
      const said = request.comments.at(-1);
      return `${id}: ${nameOf(said?.author ?? request.askedBy)} says: ${shortened(visible(said?.text ?? ''))}\n  ${request.url}`;
    }
    case 'vote':
      return `${what} was approved by ${namesOf(request, 'approve')}; missing: ${request.approvals?.missing || 'nothing'}`;
    case 'approved':
      return `${what} is approved by ${namesOf(request, 'approve')}.`;
    case 'answered':
      return `${what} is answered by ${namesOf(request, 'answer')}: ${shortened(visible(request.answer ?? ''))}`;
    case 'denied':
      return `${what} is denied by ${namesOf(request, 'deny')} (${request.end?.code ?? 'other'})${request.end?.text ? `: ${visible(request.end.text)}` : '.'}`;
    case 'executed':
      return `${what} is executed${howDone(request)}.`;
    case 'executing':
      return request.state === 'executing'
        ? `${what} runs now.`
        : `${what} was started; it is ${request.state} by now.`;
    case 'stopping':
      return `${what} is being stopped.`;
    case 'failed':
      return `${what} failed: ${request.end?.text ? visible(request.end.text) : (approvalWords[request.end?.code ?? ''] ?? 'nobody said why.')}${request.outcome?.exitCode == null ? '' : ` (exit code ${request.outcome.exitCode})`}`;
    case 'released':
      return `${what} was handed to its agent, which runs it itself.`;
    case 'reported':
      return `${what}: its agent says that it ended with ${visible(request.outcome?.signal ?? `exit code ${request.outcome?.exitCode}`)}.`;
    case 'no_report':
      return `${what}: its agent never said what came of it.`;
    default:
      return `${what} is ${because}${endWords(request, because)}`;
  }
}

const nameOf = (actor: string): string =>
  actor === 'admin' ? 'the admin key' : visible(actor.replace(/^(agent|person):/, ''));

const namesOf = ({ votes }: RequestAnswer, verdict: string): string =>
  votes.flatMap((vote) => (vote.verdict === verdict ? [vote.person] : [])).join(' and ');

/** Why it ended so, where this is about its end. */
function endWords({ state, end }: RequestAnswer, because: string): string {
  if (state !== because || !end?.code || end.code === because) return '.';
  const words = end.text ? visible(end.text) : endings[end.code];
  return ` (${end.code})${words ? `: ${words}` : '.'}`;
}

const endings: Readonly<Record<string, string>> = {
  never_shown: 'nobody who may decide has seen it.',
  not_decided: 'nobody decided in time.',
  not_started: 'it was approved, but did not start in time.',
};

/** The request in one line: what would run, or what is asked. */
function summaryOf(request: Pick<RequestAnswer, 'effect' | 'title' | 'kind'>): string {
  const effect = request.effect as { kind: string; command?: { argv: string[] }; question?: { text: string } } | null;
  if (effect?.command) return `to run ${shortened(quoteArgv(effect.command.argv))}`;
  if (effect?.question) return `“${shortened(visible(effect.question.text))}”`;
  return request.title ? `for “${visible(request.title)}”` : `for a ${request.kind}`;
}

/** A terminal line is a notice, never what is decided on, so it may be cut; the cut is seen. */
const shortened = (text: string): string =>
  text.length <= 120 ? text : `${text.slice(0, 120)}… (${text.length - 120} more characters on its page)`;

const minutes = (ms: number): string =>
  ms >= 120_000 ? `${Math.round(ms / 60_000)} min` : `${Math.max(0, Math.round(ms / 1000))} s`;

/** Of what ended well, whether it changed anything outside. */
function howDone({ outcome }: RequestAnswer): string {
  if (outcome?.transport === 'local_fake') return " in Gaia's own world: nothing left this machine";
  return outcome?.dryRun ? ' as a REHEARSAL: everything was looked up, nothing was started' : '';
}
