/** What somebody is to this Gaia. Neither: a stranger. */
export interface Role {
  isApprover: boolean;
  isOperator: boolean;
}

export interface MenuCommand {
  command: string;
  description: string;
}

interface Entry extends MenuCommand {
  who: 'anyone' | 'known' | 'operator';
  usage?: string;
  privateOnly?: true;
}

const entries: readonly Entry[] = [
  { command: 'pending', description: 'What waits for a decision', who: 'known', usage: '[page]' },
  { command: 'show', description: 'One request, whole', who: 'known', usage: 'ID' },
  { command: 'status', description: 'How Gaia is', who: 'known' },
  { command: 'audit', description: 'What happened lately, or to one request', who: 'known', usage: '[ID]' },
  { command: 'output', description: 'All that a command has written, as a file', who: 'known', usage: 'ID' },
  { command: 'stop', description: 'End a running command', who: 'operator', usage: 'ID' },
  {
    command: 'resolve',
    description: 'Say what became of a command or write',
    who: 'operator',
    usage: 'ID executed [#N]|failed|resend REASON',
  },
  { command: 'ask', description: 'Ask the agent something about a request', who: 'known', usage: 'ID question' },
  { command: 'snooze', description: 'Put reminders of a request off', who: 'known', usage: 'ID [15m]' },
  { command: 'grants', description: 'What agents may do without asking', who: 'known' },
  { command: 'revoke', description: 'Take a grant back', who: 'known', usage: 'ID' },
  { command: 'agents', description: 'Who may ask, and how much they have open', who: 'known' },
  { command: 'pause', description: 'Let nothing new start', who: 'operator', usage: '[kill] [reason]' },
  { command: 'resume', description: 'Let things start again', who: 'operator' },
  { command: 'failed', description: 'What could not be delivered', who: 'known' },
  { command: 'requeue', description: 'Try a failed message again', who: 'operator', usage: '[ID|all]' },
  { command: 'discard', description: 'Close a failed message for good', who: 'operator', usage: 'ID reason' },
  { command: 'alerts', description: 'What is wrong with Gaia, if anything', who: 'known' },
  { command: 'silence', description: 'Let an alert be quiet for a while', who: 'operator', usage: 'NAME 1h' },
  { command: 'console', description: 'A link to the console, in a private chat', who: 'known', privateOnly: true },
  {
    command: 'login',
    description: 'Let a terminal act as you, in a private chat',
    who: 'known',
    usage: 'CODE',
    privateOnly: true,
  },
  { command: 'help', description: 'What you can do here', who: 'anyone' },
  { command: 'start', description: 'Your id, and the id of this chat', who: 'anyone' },
];

/** The commands that answer somebody, the most used first. */
function entriesFor({ isApprover, isOperator }: Role): Entry[] {
  return entries.filter(
    ({ who }) =>
      who === 'anyone' || (who === 'known' && (isApprover || isOperator)) || (who === 'operator' && isOperator),
  );
}

/** The menu for `setMyCommands`. A menu is no permission: every command is judged again. */
export const commandsFor = (role: Role, chat: 'private' | 'group'): MenuCommand[] =>
  entriesFor(role)
    .filter(({ privateOnly }) => chat === 'private' || !privateOnly)
    .map(({ command, description }) => ({ command, description }));

/** The same with how to write them, for the help. */
export const usagesFor = (role: Role): { usage: string; description: string }[] =>
  entriesFor(role).map(({ command, usage, description }) => ({
    usage: `/${command}${usage ? ` ${usage}` : ''}`,
    description,
  }));
