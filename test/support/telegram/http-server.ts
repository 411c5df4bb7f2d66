import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpRequest {
  method: string;
  url: URL;
  contentType: string;
  body: Buffer;
  /** host and origin as the client gave them */
  headers: IncomingMessage['headers'];
  /** aborted when the client has gone, or the server closes */
  gone: AbortSignal;
}

export interface HttpReply {
  status: number;
  headers?: Record<string, string>;
  body: string | Buffer;
  /** breaks the connection in the middle of the body */
  isCut?: boolean;
  /** keeps the connection open after the body; called with what writes more */
  stream?: (write: (text: string) => void) => void;
}

/** A server on 127.0.0.1 that can go away and come back on the same port. */
export class HttpServer {
  readonly #answer: (request: HttpRequest) => Promise<HttpReply | undefined>;
  #server: Server | undefined;
  #port: number;

  /** @param answer undefined breaks the connection without a word */
  constructor(port: number, answer: (request: HttpRequest) => Promise<HttpReply | undefined>) {
    this.#port = port;
    this.#answer = answer;
  }

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    const server = createServer((request, response) => {
      void this.#serve(request, response);
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Refuses new connections and breaks those that are open. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const leaving = new AbortController();
    response.on('close', () => leaving.abort());
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch (error) {
      // A client that leaves in the middle of its request has asked for nothing.
      if (request.destroyed) return;
      throw error;
    }
    const reply = await this.#answer({
      method: request.method ?? 'GET',
      url: new URL(request.url ?? '/', 'http://127.0.0.1'),
      contentType: request.headers['content-type'] ?? '',
      body: Buffer.concat(parts),
      headers: request.headers,
      gone: leaving.signal,
    });
    if (reply === undefined) {
      request.socket.destroy();
      return;
    }
    const body = Buffer.from(reply.body);
    const length = reply.stream ? {} : { 'content-length': String(body.length) };
    response.writeHead(reply.status, { 'content-type': 'application/json', ...length, ...reply.headers });
    if (reply.stream) {
      response.write(body);
      reply.stream((text) => response.write(text));
    } else if (reply.isCut) {
      response.write(body.subarray(0, Math.floor(body.length / 2)), () => request.socket.destroy());
    } else {
      response.end(body);
    }
  }
}
