import { type Api, InputFile } from 'grammy';
import type { Message, MessageEntity } from 'grammy/types';
import type { Reach } from '../../core/fail-point.ts';
import type { Keyboard } from '../cards/keyboard.ts';
import type { Text } from '../texts/text.ts';

/** Where a message goes. */
export interface Place {
  chat: string;
  topic: number | null;
}

export interface Speech extends Text {
  keyboard?: Keyboard;
  /** does not make the phone ring */
  isSilent?: boolean;
  /** the message it takes the place of; null: that message is gone, and nothing is to be said */
  edits?: number | null;
}

export interface Paper {
  fileName: string;
  content: string;
  caption: string;
}

/** What Telegram shows, as far as it said so. `misfit`: how that differs from what was sent. */
export interface Shown {
  messageId: number;
  misfit: string | null;
}

/** The calls of sending, each with a fail point before and after it. They throw what grammY throws. */
export const callsOf = (api: Api, reach: Reach) => {
  const between = async <Result>(method: string, call: () => Promise<Result>): Promise<Result> => {
    reach(`telegram.${method}.before`);
    const result = await call();
    reach(`telegram.${method}.after`);
    return result;
  };
  return {
    async send({ chat, topic }: Place, { text, entities, keyboard = [], isSilent }: Speech): Promise<Shown> {
      const message = await between('sendMessage', () =>
        api.sendMessage(chat, text, {
          entities,
          link_preview_options: { is_disabled: true },
          ...(topic === null ? {} : { message_thread_id: topic }),
          ...(keyboard.length === 0 ? {} : { reply_markup: { inline_keyboard: keyboard } }),
          ...(isSilent ? { disable_notification: true } : {}),
        }),
      );
      return { messageId: message.message_id, misfit: misfitOf({ text, entities }, message) };
    },

    async sendDocument({ chat, topic }: Place, { fileName, content, caption }: Paper): Promise<Shown> {
      const bytes = Buffer.from(content);
      const message = await between('sendDocument', () =>
        api.sendDocument(chat, new InputFile(bytes, fileName), {
          caption,
          disable_notification: true,
          disable_content_type_detection: true,
          ...(topic === null ? {} : { message_thread_id: topic }),
        }),
      );
      return { messageId: message.message_id, misfit: misfitOfFile(bytes.length, fileName, message) };
    },

    /** Without buttons in `keyboard` the message loses the ones it had. */
    async edit(chat: string, messageId: number, { text, entities, keyboard = [] }: Speech): Promise<Shown> {
      const message = await between('editMessageText', () =>
        api.editMessageText(chat, messageId, text, {
          entities,
          link_preview_options: { is_disabled: true },
          reply_markup: { inline_keyboard: keyboard },
        }),
      );
      return { messageId, misfit: message === true ? null : misfitOf({ text, entities }, message as Echo) };
    },

    /** Whether Telegram takes the token. */
    getMe: () => between('getMe', () => api.getMe()),
  };
};

export type Calls = ReturnType<typeof callsOf>;

/** The text of a message as Telegram gives it back; other kinds of messages have none. */
interface Echo {
  text?: string;
  entities?: MessageEntity[];
}

/** How the text that Telegram shows differs from the one that was sent: what differs was not shown. */
function misfitOf(sent: Text, { text = '', entities = [] }: Echo): string | null {
  if (text !== sent.text) return 'Telegram shows another text';
  return JSON.stringify(inOrder(entities)) === JSON.stringify(inOrder(sent.entities))
    ? null
    : 'Telegram shows other formatting';
}

function misfitOfFile(bytes: number, fileName: string, { document }: Message): string | null {
  if (document?.file_size !== bytes) return `Telegram keeps ${document?.file_size ?? 'no'} bytes of ${bytes}`;
  return document.file_name === fileName ? null : 'Telegram names the file otherwise';
}

const inOrder = (entities: readonly MessageEntity[]) =>
  entities
    .map((entity) => Object.entries(entity).sort(([a], [b]) => (a < b ? -1 : 1)))
    .map((entity) => Object.fromEntries(entity) as unknown as MessageEntity)
    .sort((a, b) => a.offset - b.offset || b.length - a.length || (a.type < b.type ? -1 : 1));
