import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { CallToolResult, ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { type GaiaClient, GaiaProblem, GaiaUnreachable } from '../client/client.ts';
import { isEnd, type RequestState, requestStates } from '../core/approval/states.ts';
import type { Submission } from '../core/approval/submission.ts';
import type { RequestAnswer, SubmittedAnswer } from '../core/wire/answers.ts';
import { requestListOutput, requestOutput, requestOutputOf, sentenceOf } from './answers.ts';
import {
  answerCommentInput,
  askHumanInput,
  idInput,
  listInput,
  proposeChangesetInput,
  requestCommandInput,
  waitInput,
} from './inputs.ts';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** How often a caller that waits hears that it still does, in milliseconds. */
const progressMs = 5_000;
const usualWaitSeconds = 120;

const instructions = `Gaia puts what you want to do before people, who approve or deny it. Ask with request_command, propose_changeset or ask_human, then wait_for_decision. A denial carries its reason: change what it names and ask again with supersedes. When a request has a question, a person asks you something: answer_comment, then wait on. Nothing here decides, and asking again for what was denied unchanged wears people out.`;

/** The tools by which an agent asks, waits, looks and withdraws. No tool decides. `client` acts as one agent. */
export function mcpServer(client: GaiaClient, version: string): McpServer {
  const server = new McpServer({ name: 'gaia', title: 'Gaia approvals', version }, { instructions });
  asking(server, client);
  following(server, client);
  looking(server, client);
  resources(server, client);
  return server;
}

function asking(server: McpServer, client: GaiaClient): void {
  server.registerTool(
    'request_command',
    {
      title: 'Ask to run a command',
      description:
        'Asks people to approve a command. It is looked up, shown to them word for word, and, once approved, run (or only rehearsed) by Gaia, once. Answers at once with its id unless waitSeconds is given.',
      inputSchema: requestCommandInput,
      outputSchema: requestOutput,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    },
    ({ argv, cwd, env, stdin, timeoutSeconds, mode, waitSeconds, ...common }, extra) =>
      ask(client, extra, waitSeconds, {
        kind: 'command',
        ...given(common),
        command: { argv, cwd, ...given({ env, stdin, timeoutSeconds, mode }) },
      }),
  );
  server.registerTool(
    'propose_changeset',
    {
      title: 'Propose writes to GitHub',
      description:
        'Asks people to approve writes to one repository or project: issues, comments, labels, links, draft pull requests, statuses, project items. They see what changes, and once approved Gaia writes exactly that, once, and answers how each operation came out. Gaia never merges, pushes, closes or deletes. Answers at once with its id unless waitSeconds is given.',
      inputSchema: proposeChangesetInput,
      outputSchema: requestOutput,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    },
    ({ changeset, waitSeconds, ...common }, extra) =>
      ask(client, extra, waitSeconds, { kind: 'changeset', ...given(common), changeset }),
  );
  server.registerTool(
    'ask_human',
    {
      title: 'Ask people a question',
      description:
        'Puts a question to people, with choices or for a free answer. Answers at once with its id unless waitSeconds is given.',
      inputSchema: askHumanInput,
      outputSchema: requestOutput,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    },
    ({ question, choices, waitSeconds, ...common }, extra) =>
      ask(client, extra, waitSeconds, {
        kind: 'question',
        ...given(common),
        question: { text: question, ...given({ choices }) },
      }),
  );
}

function following(server: McpServer, client: GaiaClient): void {
  server.registerTool(
    'wait_for_decision',
    {
      title: 'Wait for a decision',
      description:
        'Waits until a request has ended or a person asks something about it, with progress notifications. Still pending after the seconds given, it says so; wait again.',
      inputSchema: waitInput,
      outputSchema: requestOutput,
      annotations: { readOnlyHint: true },
    },
    ({ id, seconds = usualWaitSeconds }, extra) =>
      answered(async () => waited(client, await client.getRequest(id), seconds, extra)),
  );
  server.registerTool(
    'answer_comment',
    {
      title: 'Answer what a person asks about a request',
      description: 'Says something about a request of yours that waits; the answer appears where people decide it.',
      inputSchema: answerCommentInput,
      outputSchema: requestOutput,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
    },
    ({ id, text }) => answered(() => client.comment(id, text)),
  );
  server.registerTool(
    'withdraw_request',
    {
      title: 'Take a request back',
      description: 'Takes back a request that has not started.',
      inputSchema: idInput,
      outputSchema: requestOutput,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
    },
    ({ id }) => answered(() => client.withdraw(id)),
  );
}

function looking(server: McpServer, client: GaiaClient): void {
  server.registerTool(
    'get_request',
    {
      title: 'Look at a request',
      description: 'How a request of yours stands: its state, the denial’s reason, the answer, the outcome.',
      inputSchema: idInput,
      outputSchema: requestOutput,
      annotations: { readOnlyHint: true },
    },
    ({ id }) => answered(() => client.getRequest(id)),
  );
  server.registerTool(
    'list_requests',
    {
      title: 'List your requests',
      description: 'Your requests, the newest first.',
      inputSchema: listInput,
      outputSchema: requestListOutput,
      annotations: { readOnlyHint: true },
    },
    ({ state, limit = 20 }) =>
      orRefusal(async () => {
        const page = await client.listRequests({ limit, ...given({ state }) });
        const requests = page.requests.map(requestOutputOf);
        const lines = requests.map(({ id, state: is, summary }) => `${id} ${is}: ${summary}`);
        return result({ requests, more: page.next !== null }, lines.length === 0 ? 'No requests.' : lines.join('\n'));
      }),
  );
}

function resources(server: McpServer, client: GaiaClient): void {
  const json = (uri: URL, value: unknown) => ({
    contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify(value, null, 2) }],
  });
  server.registerResource(
    'policy',
    'gaia://policy',
    {
      title: 'The policy',
      description: 'What people must do for which requests, and how many requests you may have.',
      mimeType: 'application/json',
    },
    async (uri) => json(uri, await client.policy()),
  );
  server.registerResource(
    'open-requests',
    'gaia://requests/open',
    { title: 'Your open requests', description: 'What of yours has not ended yet.', mimeType: 'application/json' },
    async (uri) => {
      const open = requestStates.filter((state) => !isEnd(state));
      const found = await Promise.all(open.map((state) => everyRequest(client, state)));
      const requests = found.flat().sort((one, other) => other.createdAt - one.createdAt);
      return json(uri, { requests: requests.map(requestOutputOf) });
    },
  );
}

async function everyRequest(client: GaiaClient, state: RequestState): Promise<RequestAnswer[]> {
  const found: RequestAnswer[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listRequests({ state, limit: 100, cursor });
    found.push(...page.requests);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** Asks and, where the caller wants that, waits. Whoever cancels the asking takes the request back, unless others wait for it. */
const ask = (client: GaiaClient, extra: Extra, waitSeconds: number | undefined, submission: Submission) =>
  answered(async () => {
    const asked = await client.request(submission); // to its end: what is cut off may have been stored
    try {
      extra.signal.throwIfAborted();
      return waitSeconds ? await waited(client, asked, waitSeconds, extra) : asked;
    } catch (error) {
      if (extra.signal.aborted) await takeBack(client, asked);
      throw error;
    }
  });

async function takeBack(client: GaiaClient, { id, joined }: SubmittedAnswer): Promise<void> {
  try {
    if (!joined && (await client.getRequest(id)).joins === 0) await client.withdraw(id);
  } catch (error) {
    if (!(error instanceof GaiaProblem) && !(error instanceof GaiaUnreachable)) throw error; // it is over, or expires
  }
}

/** Waits, and says on the way that it does, where the caller wants to hear it. */
async function waited(
  client: GaiaClient,
  request: RequestAnswer,
  seconds: number,
  extra: Extra,
): Promise<RequestAnswer> {
  if (request.ended || requestOutputOf(request).question) return request;
  let seen = request;
  const begun = performance.now();
  const progressToken = extra._meta?.progressToken;
  let last = -1;
  const tell = async (): Promise<void> => {
    if (progressToken === undefined) return;
    const { id, state, missing } = requestOutputOf(seen);
    last = Math.max(last + 0.001, (performance.now() - begun) / 1000); // it must rise with every message
    await extra.sendNotification({
      method: 'notifications/progress',
      params: {
        progressToken,
        progress: last,
        total: seconds,
        message: `${id} is ${state}${missing ? `; missing: ${missing}` : ''}`,
      },
    });
  };
  await tell();
  const still = setInterval(() => void tell().catch(() => clearInterval(still)), progressMs); // nobody listens any more
  try {
    return await client.wait(request.id, {
      seconds,
      comments: request.comments.length,
      signal: extra.signal,
      onTick: (tick) => {
        if (tick instanceof Error || tick.state === seen.state) return;
        seen = tick;
      },
    });
  } finally {
    clearInterval(still);
  }
}

const answered = (work: () => Promise<RequestAnswer>): Promise<CallToolResult> =>
  orRefusal(async () => {
    const output = requestOutputOf(await work());
    return result(output, sentenceOf(output));
  });

const result = (structured: object, text: string): CallToolResult => ({
  content: [{ type: 'text', text }],
  structuredContent: structured as Record<string, unknown>,
});

/** What Gaia refused is an answer to the agent, with what to do; everything else is a fault of this server. */
async function orRefusal(work: () => Promise<CallToolResult>): Promise<CallToolResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GaiaProblem) && !(error instanceof GaiaUnreachable)) throw error;
    const faults = error instanceof GaiaProblem ? error.faults.map(({ field, message }) => `${field} ${message}`) : [];
    const text = [error.message, ...faults, error.remedy].filter((part) => part).join('\n');
    return { content: [{ type: 'text', text }], isError: true };
  }
}

/** Without the members that were not given. */
const given = <Members extends object>(
  members: Members,
): { [Name in keyof Members]: Exclude<Members[Name], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
