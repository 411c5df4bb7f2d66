import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { mcpServer } from '../../mcp/server.ts';
import { version } from '../../version.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';

/** Serves an agent over standard input and output until that is closed. */
export async function mcp(cli: Cli): Promise<Exit> {
  const server = mcpServer(cli.client('asker'), version);
  const closed = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
    process.stdin.once('end', resolve);
  });
  await server.connect(new StdioServerTransport());
  await closed;
  await server.close();
  return exits.done;
}
