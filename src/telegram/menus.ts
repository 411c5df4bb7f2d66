import type { Api } from 'grammy';
import { commandsFor } from './texts/menu.ts';

/**
 * Offers the commands where people type them: to everybody in private chats, and in the chats of approvers. A menu is no
 * permission; one that cannot be set is a matter for the log alone.
 */
export async function setMenus(
  api: Api,
  groups: readonly string[],
  report: (error: unknown, what: string) => void,
): Promise<void> {
  const everything = { isApprover: true, isOperator: true };
  const set = (chat: 'private' | 'group', scope: NonNullable<Parameters<Api['setMyCommands']>[1]>['scope']) =>
    api
      .setMyCommands(commandsFor(everything, chat), scope === undefined ? {} : { scope })
      .catch((error: unknown) => report(error, 'a menu of commands could not be set'));
  await set('private', { type: 'all_private_chats' });
  for (const id of groups.filter((chat) => chat.startsWith('-')))
    await set('group', { type: 'chat', chat_id: Number(id) });
}
