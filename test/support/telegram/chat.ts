import type { StoredMessage } from './message.ts';

export type ChatKind = 'private' | 'group' | 'supergroup' | 'channel';

/** What a member may do; people and bots alike. */
export interface Member {
  status: 'creator' | 'administrator' | 'member' | 'restricted' | 'left' | 'kicked';
  /** administrators only: writes in the group's name */
  isAnonymous?: boolean;
  /** restricted members: whether text may be sent (default no) */
  maySend?: boolean;
  /** restricted members: whether documents may be sent (default no) */
  maySendDocuments?: boolean;
  /** administrators: default yes */
  mayPost?: boolean;
  /** administrators: default yes */
  mayPin?: boolean;
  /** administrators: default yes; deletes what others wrote */
  mayDelete?: boolean;
}

export interface Topic {
  name: string;
  isClosed: boolean;
}

/** A chat as Telegram keeps it. `id` is positive for private chats, -N for groups, -100… for supergroups and channels. */
export class Chat {
  readonly id: number;
  readonly kind: ChatKind;
  title: string;
  username: string | undefined;
  /** by message_thread_id; the General topic is not in it */
  readonly topics = new Map<number, Topic>();
  isForum = false;
  readonly members = new Map<number, Member>();
  readonly messages = new Map<number, StoredMessage>();
  /** message ids, the newest last */
  readonly pinned: number[] = [];
  /** the supergroup this group became */
  migratedTo: Chat | undefined;
  /** a channel's discussion group */
  linked: Chat | undefined;
  lastMessageId = 0;

  constructor(id: number, kind: ChatKind, title: string) {
    this.id = id;
    this.kind = kind;
    this.title = title;
  }

  /** Whoever was never here has left. */
  memberOf(id: number): Member {
    return this.members.get(id) ?? { status: 'left' };
  }

  has(id: number): boolean {
    return !['left', 'kicked'].includes(this.memberOf(id).status);
  }

  isAdministeredBy(id: number): boolean {
    return ['creator', 'administrator'].includes(this.memberOf(id).status);
  }
}
