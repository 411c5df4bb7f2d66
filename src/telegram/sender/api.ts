import { Api } from 'grammy';

export interface ApiOptions {
  token: string;
  /** default: Telegram's own */
  apiRoot?: string;
  /** a call without an answer after this long is lost; less than half of a delivery's lease */
  timeoutSeconds?: number;
}

/** The Bot API for sending: with a time-out of its own, and nothing that repeats calls or waits by itself. */
export const senderApi = ({ token, apiRoot, timeoutSeconds = 14 }: ApiOptions): Api =>
  new Api(token, { timeoutSeconds, ...(apiRoot === undefined ? {} : { apiRoot }) });
