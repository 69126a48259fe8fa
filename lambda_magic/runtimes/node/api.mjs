// The Runtime API's client side.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import http from 'node:http';

const PREFIX = '/2018-06-01/runtime';
const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';
const ERROR_BODY = 'Lambda-Runtime-Function-Error-Body';
const RESPONSE_MODE = 'Lambda-Runtime-Function-Response-Mode';

/** Asks for events and answers them; `address` is `AWS_LAMBDA_RUNTIME_API`, "host:port". */
export class RuntimeApi {
  constructor(address) {
    const [, host, port] = /^(.*):(\d+)$/.exec(address);
    this.options = { host, port, agent: new http.Agent({ keepAlive: true }) };
  }

  /** Wait for the next event: its headers, in lower case, and its body as text. */
  async next() {
    const { headers, body } = await this.exchange('GET', '/invocation/next');
    return { headers, body };
  }

  /** Answer an event; resolves to the HTTP status. */
  async respond(requestId, json) {
    const headers = { 'Content-Type': 'application/json' };
    return (await this.exchange('POST', `/invocation/${requestId}/response`, headers, json)).status;
  }

  /** Answer an event by an error document. */
  async fail(requestId, document) {
    await this.exchange('POST', `/invocation/${requestId}/error`, errorHeaders(document), document);
  }

  /** Tell that the function could not be initialised. */
  async failInit(document) {
    await this.exchange('POST', '/init/error', errorHeaders(document), document);
  }

  /** A request whose body, the response to an event, is written piece by piece.
   *
   * `done` resolves when the other side has taken it all, and `fail` ends it with an error.
   */
  stream(requestId) {
    let request;
    const done = new Promise((resolve) => {
      const headers = {
        [RESPONSE_MODE]: 'streaming',
        Trailer: `${ERROR_TYPE}, ${ERROR_BODY}`,
        'Transfer-Encoding': 'chunked',
        'Content-Type': 'application/octet-stream',
      };
      request = this.request('POST', `/invocation/${requestId}/response`, headers, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      });
    });
    const fail = (document) => {
      request.addTrailers({
        [ERROR_TYPE]: headerValue(document.errorType),
        [ERROR_BODY]: Buffer.from(JSON.stringify(document)).toString('base64'),
      });
      request.end();
    };
    return { request, done, fail };
  }

  exchange(method, path, headers = {}, content = undefined) {
    return new Promise((resolve) => {
      const request = this.request(method, path, headers, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode, headers: response.headers, body });
        });
      });
      const text = typeof content === 'object' ? JSON.stringify(content) : content;
      if (text !== undefined) {
        request.setHeader('Content-Length', Buffer.byteLength(text));
      }
      request.end(text);
    });
  }

  request(method, path, headers, onResponse) {
    const options = { ...this.options, method, path: PREFIX + path, headers };
    const request = http.request(options, onResponse);
    request.setNoDelay(true);
    request.on('error', () => {
      // The other side has gone: there is nobody left to work for.
      process.exit(1);
    });
    return request;
  }
}

function errorHeaders(document) {
  const errorType = headerValue(document.errorType ?? 'Runtime.Unknown');
  return { 'Content-Type': 'application/json', [ERROR_TYPE]: errorType };
}

/** The name of an error is any text, and a header may not be. */
function headerValue(text) {
  return String(text).replace(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
