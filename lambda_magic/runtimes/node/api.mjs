// The Runtime API's client side: HTTP/1.1 on one connection.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import net from 'node:net';

const PREFIX = '/2018-06-01/runtime';
const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';
const ERROR_BODY = 'Lambda-Runtime-Function-Error-Body';
const END_OF_HEAD = '\r\n\r\n';
/** A response up to this size goes out in one write with the request for the next event. A larger
 * one may be refused while it is still being sent. */
const PIPELINED = 1024 * 1024;

/** Asks for events and answers them; `address` is `AWS_LAMBDA_RUNTIME_API`, "host:port". */
export class RuntimeApi {
  #socket;
  #host;
  #chunks = [];
  #size = 0;
  /** How many bytes the next reply has, once its head is there. */
  #expected = 0;
  /** Who waits for a reply, in the order of the requests. */
  #waiting = [];
  #next = undefined;

  constructor(address) {
    const [, host, port] = /^(.*):(\d+)$/.exec(address);
    this.#host = address;
    this.#socket = net.connect({ host, port: Number(port), noDelay: true });
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', leave);
    this.#socket.on('close', leave);
  }

  /** Wait for the next event: its headers, in lower case, and its body as text. */
  async next() {
    const asked = this.#next ?? this.#exchange(this.#nextRequest());
    this.#next = undefined;
    return asked;
  }

  /** Answer an event; resolves to the HTTP status.
   *
   * Asking for the next event goes out in the same write: one wake-up less for both sides.
   */
  async respond(requestId, json) {
    const body = Buffer.from(json);
    const request = this.#post(`/invocation/${requestId}/response`, body);
    if (body.length > PIPELINED) {
      return (await this.#exchange(request)).status;
    }
    const answered = this.#exchange(Buffer.concat([request, Buffer.from(this.#nextRequest())]));
    this.#next = this.#reply();
    return (await answered).status;
  }

  /** Answer an event by an error document. */
  async fail(requestId, document) {
    await this.#exchange(this.#postError(`/invocation/${requestId}/error`, document));
  }

  /** Tell that the function could not be initialised. */
  async failInit(document) {
    await this.#exchange(this.#postError('/init/error', document));
  }

  /** The response to an event, to be sent piece by piece. */
  stream(requestId) {
    const head = (contentType) =>
      `POST ${PREFIX}/invocation/${requestId}/response HTTP/1.1\r\nHost: ${this.#host}\r\n` +
      'Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n' +
      `Trailer: ${ERROR_TYPE}, ${ERROR_BODY}\r\nContent-Type: ${contentType}${END_OF_HEAD}`;
    return new StreamedResponse(this.#socket, head, () => this.#reply());
  }

  #nextRequest() {
    return `GET ${PREFIX}/invocation/next HTTP/1.1\r\nHost: ${this.#host}${END_OF_HEAD}`;
  }

  #postError(path, document) {
    const errorType = headerValue(document.errorType ?? 'Runtime.Unknown');
    return this.#post(path, Buffer.from(JSON.stringify(document)), `${ERROR_TYPE}: ${errorType}\r\n`);
  }

  #post(path, body, header = '') {
    const head =
      `POST ${PREFIX}${path} HTTP/1.1\r\nHost: ${this.#host}\r\n${header}` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}${END_OF_HEAD}`;
    return Buffer.concat([Buffer.from(head), body]);
  }

  #exchange(request) {
    this.#socket.write(request);
    return this.#reply();
  }

  /** The reply to a request that has been sent; nothing else has to keep the process alive. */
  #reply() {
    this.#socket.ref();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #receive(chunk) {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size > 0 && this.#size >= this.#expected) {
      const received = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
      this.#chunks = [received];
      const end = received.indexOf(END_OF_HEAD);
      if (end < 0) {
        return;
      }
      const { status, headers } = parseHead(received.toString('utf8', 0, end));
      const start = end + END_OF_HEAD.length;
      this.#expected = start + Number(headers['content-length'] ?? 0);
      if (this.#size < this.#expected) {
        return;
      }
      const body = received.toString('utf8', start, this.#expected);
      this.#chunks = [received.subarray(this.#expected)];
      this.#size -= this.#expected;
      this.#expected = 0;
      this.#deliver({ status, headers, body });
    }
  }

  #deliver(reply) {
    const resolve = this.#waiting.shift();
    if (this.#waiting.length === 0) {
      // While the handler works, only what it does itself keeps the event loop going.
      this.#socket.unref();
    }
    resolve(reply);
  }
}

/** A response that is sent in pieces, as they come. */
class StreamedResponse {
  contentType = 'application/octet-stream';
  #socket;
  #head;
  #reply;
  #ended = false;
  #finish;

  constructor(socket, head, reply) {
    this.#socket = socket;
    this.#head = head;
    this.#reply = reply;
    /** Resolves when the other side has taken it all. */
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Send a piece; `callback` is called when there is room for more. After the end, nothing. */
  write(piece, callback) {
    if (this.#ended || piece.length === 0) {
      callback();
      return;
    }
    this.#socket.write(`${this.#begun()}${piece.length.toString(16)}\r\n`);
    this.#socket.write(piece);
    if (this.#socket.write('\r\n')) {
      callback();
    } else {
      this.#socket.once('drain', callback);
    }
  }

  /** That was all of it. */
  end() {
    this.#end('');
  }

  /** That was all that there will be: an error. Nothing, if it has ended. */
  fail(document) {
    const body = Buffer.from(JSON.stringify(document)).toString('base64');
    this.#end(`${ERROR_TYPE}: ${headerValue(document.errorType)}\r\n${ERROR_BODY}: ${body}\r\n`);
  }

  #end(trailers) {
    if (!this.#ended) {
      this.#ended = true;
      this.#socket.write(`${this.#begun()}0\r\n${trailers}\r\n`);
      this.#finish(this.#reply());
    }
  }

  /** The head of the request, the first time. */
  #begun() {
    const head = this.#head?.(this.contentType) ?? '';
    this.#head = undefined;
    return head;
  }
}

function parseHead(text) {
  const [first, ...lines] = text.split('\r\n');
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status: Number(first.split(' ', 2)[1]), headers };
}

/** The name of an error is any text, and a header may not be. */
function headerValue(text) {
  return String(text).replace(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The other side has gone: there is nobody left to work for. */
function leave() {
  process.exit(1);
}
