/** What a failed call to a channel means for what was to be sent. */
export type FailureClass =
  /** asked to wait; nothing was done */
  | 'flood'
  /** the message shows this already */
  | 'not_modified'
  /** the message to edit is no longer there, or no longer Gaia's to edit */
  | 'message_gone'
  /** the group became a supergroup */
  | 'migrated'
  | 'topic_gone'
  /** nothing can be sent to this chat any more */
  | 'chat_closed'
  /** the token is wrong or revoked */
  | 'unauthorized'
  /** this call will never succeed */
  | 'refused'
  /** the channel was not reached; nothing was done */
  | 'not_sent'
  /** no answer arrived: it may have been done, or not */
  | 'lost';

/** A failure in words that are safe to keep and to show: never the URL, which holds the token. */
export interface CallFailure {
  class: FailureClass;
  description: string;
  /** seconds */
  retryAfter?: number;
  /** the chat's new id */
  migrateTo?: string;
}
