import type { Command } from 'commander';
import type { GlobalOptions } from './cli.ts';
import { group, leaf, whole } from './command.ts';
import type { Performer } from './run.ts';

export interface HookOptions extends GlobalOptions {
  seconds?: number;
}

/** What `hook claude-code --install` takes. */
export interface InstallOptions {
  install?: boolean;
  settings?: string;
  yes?: boolean;
}

/** The doors of agents that call no `gaia` themselves: hooks and MCP. */
export function agentDoors(program: Command, perform: Performer): void {
  leaf(program, 'mcp', 'serve an agent by the Model Context Protocol, over standard input and output').action(
    (options: GlobalOptions) => perform(options, async (cli) => (await import('./local/mcp.ts')).mcp(cli)),
  );
  const hook = group(program, 'hook', 'stand before the tools of a coding agent: people are asked before it uses one');
  const answering = (command: Command) =>
    command.option('--seconds <n>', 'how long people have; then the call is blocked', whole);
  answering(leaf(hook, 'claude-code', 'for Claude Code: PreToolUse, PermissionRequest'))
    .option('--install', 'write the hook into Claude Code’s settings, after showing it')
    .option('--settings <file>', 'with --install: the settings file; .claude/settings.local.json here unless told')
    .option('--yes', 'with --install: do not ask')
    .action((options: HookOptions & InstallOptions) =>
      perform(options, async (cli) =>
        options.install
          ? (await import('./local/install-hook.ts')).installHook(cli, options)
          : (await import('./commands/hook.ts')).hook(cli, 'claude-code', options),
      ),
    );
  answering(leaf(hook, 'codex', 'for Codex: PreToolUse, PermissionRequest')).action((options: HookOptions) =>
    perform(options, async (cli) => (await import('./commands/hook.ts')).hook(cli, 'codex', options)),
  );
}

/** What was allowed in advance, who the agents are, and what is said about a request. */
export function standing(program: Command, perform: Performer): void {
  leaf(program, 'grants', 'show what agents may do without asking')
    .option('--all', 'also those that are over')
    .action((options: GlobalOptions & { all?: boolean }) =>
      perform(options, async (cli) => (await import('./commands/grants.ts')).grants(cli, options)),
    );
  leaf(program, 'revoke <id>', 'take a grant back (operator, or whoever gave it)', {
    example: 'gaia revoke g-7F3K2Q',
  }).action((id: string, options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/grants.ts')).revoke(cli, id)),
  );
  leaf(program, 'agents', 'show the agents, their keys, and how much they have open').action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/grants.ts')).agents(cli)),
  );
  leaf(program, 'comment <id> <text>', 'ask the agent something about its request, or answer with its key').action(
    (id: string, text: string, options: GlobalOptions) =>
      perform(options, async (cli) => (await import('./commands/talk.ts')).comment(cli, id, text)),
  );
  leaf(program, 'snooze <id>', 'be reminded of a request later')
    .option('--minutes <n>', 'for how long', whole, 15)
    .action((id: string, options: GlobalOptions & { minutes: number }) =>
      perform(options, async (cli) => (await import('./commands/talk.ts')).snooze(cli, id, options)),
    );
}
