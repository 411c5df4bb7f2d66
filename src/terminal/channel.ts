import type { Channel, Sent } from '../actions/deliveries.ts';
import type { Delivery } from '../core/delivery/delivery.ts';
import { quoteArgv } from '../core/text/quote.ts';
import { visible } from '../core/text/visible.ts';
import type { RequestAnswer } from '../core/wire/answers.ts';

export interface TerminalPorts {
  write: (line: string) => Promise<void>;
  look: (requestId: string) => Promise<RequestAnswer>;
  now: () => number;
}

/** The terminal that Gaia runs in, as a channel: a line or two for every change people should know of. */
export const terminalChannel = (ports: TerminalPorts): Channel => ({
  name: 'terminal',
  async send(delivery: Delivery): Promise<Sent> {
    const text = await textOf(delivery, ports);
    try {
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

async function textOf({ body }: Delivery, { look, now }: TerminalPorts): Promise<string> {
  switch (body.about) {
    case 'request':
      return lineFor(await look(body.requestId), body.because, now());
    case 'caps':
      return `The agent ${visible(body.agent)} reached its limit (${body.cap === 'open' ? `${body.limit} open requests` : `${body.limit} requests a minute`}); more are refused for now.`;
    case 'policy':
      return [`${body.by} put another policy in force:`, ...body.changes.map((change) => `  ${visible(change)}`)].join(
        '\n',
      );
    case 'paused':
      return `Paused by ${body.by}${body.reason ? `: ${visible(body.reason)}` : ''}. Nothing new starts; decisions go on. To let it go on: gaia resume`;
    case 'resumed':
      return `Resumed by ${body.by}.`;
    case 'acceptance':
      return `${body.reason} Nothing starts until an operator accepts it: gaia resume --accept-generation`;
  }
}

/** What changed about a request, in one line, and where to look. */
function lineFor(request: RequestAnswer, because: string, now: number): string {
  const title = request.isTest ? 'TEST ' : '';
  const what = `${title}${request.id} ${visible(request.askedBy.replace(/^\w+:/, ''))}`;
  const votes = request.votes
    .map(
      (vote) =>
        `${vote.person} ${vote.verdict === 'approve' ? 'approved' : vote.verdict === 'deny' ? 'denied' : 'answered'}`,
    )
    .join(', ');
  switch (because) {
    case 'submitted':
      return `${what} asks: ${summaryOf(request)} (${request.tier}, ${minutes(request.expiresAt - now)} left)\n  ${request.url}`;
    case 'blocked':
      return `${what} was blocked: ${request.blockers.map((blocker) => blocker.message).join(' ')}`;
    case 'vote':
      return `${what}: ${votes}; missing: ${request.approvals?.missing || 'nothing'}`;
    case 'denied':
      return `${what} is denied (${request.end?.code ?? 'other'}): ${votes}`;
    case 'executed':
      return `${what} is executed${request.outcome?.dryRun ? ' as a REHEARSAL: everything was looked up, nothing was started' : ''}.`;
    default:
      return `${what} is ${because}${because === 'approved' || because === 'answered' ? `: ${votes}` : endWords(request, because)}`;
  }
}

/** Why it ended so, where this is about its end. */
function endWords({ state, end }: RequestAnswer, because: string): string {
  if (state !== because || !end?.code || end.code === because) return '';
  return ` (${end.code})${end.text ? `: ${visible(end.text)}` : ''}`;
}

/** The request in one line: what would run, or what is asked. */
export function summaryOf(request: Pick<RequestAnswer, 'effect' | 'title' | 'kind'>): string {
  const effect = request.effect as { kind: string; command?: { argv: string[] }; question?: { text: string } } | null;
  if (effect?.command) return `run ${shortened(quoteArgv(effect.command.argv))}`;
  if (effect?.question) return shortened(visible(effect.question.text));
  return request.title ? visible(request.title) : `a ${request.kind}`;
}

/** A terminal line is a notice, never what is decided on, so it may be cut; the cut is seen. */
const shortened = (text: string): string =>
  text.length <= 120 ? text : `${text.slice(0, 120)}… (${text.length - 120} more characters on its page)`;

const minutes = (ms: number): string =>
  ms >= 120_000 ? `${Math.round(ms / 60_000)} min` : `${Math.max(0, Math.round(ms / 1000))} s`;
