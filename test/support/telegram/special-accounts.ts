import type { User as ApiUser } from 'grammy/types';

/** Who an administrator's anonymous messages seem to come from. */
export const groupAnonymousBot: ApiUser = {
  id: 1_087_968_824,
  is_bot: true,
  first_name: 'Group',
  username: 'GroupAnonymousBot',
};

/** Who messages in a group seem to come from that were written in a channel's name. */
export const channelBot: ApiUser = { id: 136_817_688, is_bot: true, first_name: 'Channel', username: 'Channel_Bot' };

/** Who copies a channel's posts into its discussion group. */
export const telegramItself: ApiUser = { id: 777_000, is_bot: false, first_name: 'Telegram' };
