// Handlers that stream: `awslambda.streamifyResponse` and `awslambda.HttpResponseStream`.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html

import { Writable } from 'node:stream';

import { InvalidStreamingOperation } from './faults.mjs';

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
const HTTP = 'application/vnd.awslambda.http-integration-response';
/** What ends the head of an HTTP response. */
const END_OF_HEAD = Buffer.alloc(8);

/** Whether a handler takes `(event, responseStream, context)`. */
export function isStreaming(handler) {
  return handler[STREAMING] === 'response';
}

/** Give functions the global `awslambda`, unless they do not want it. */
export function provideGlobal() {
  const unwanted = process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA;
  if (unwanted === '1' || unwanted === 'true') {
    return;
  }
  globalThis.awslambda = {
    streamifyResponse(handler, options) {
      handler[STREAMING] = 'response';
      if (typeof options?.highWaterMark === 'number') {
        handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
      }
      return handler;
    },
    HttpResponseStream: {
      /** The same stream, as the body of an HTTP response with this status and these headers. */
      from(stream, head) {
        stream.setContentType(HTTP);
        stream.setHead(Buffer.concat([Buffer.from(JSON.stringify(head)), END_OF_HEAD]));
        return stream;
      },
    },
  };
}

/** The handler's second argument: what is written to it is sent at once. */
export class ResponseStream extends Writable {
  #response;
  #head = undefined;
  #begun = false;

  /** `response` is one of `RuntimeApi.stream`. */
  constructor(response, handler) {
    super({ highWaterMark: handler[HIGH_WATER_MARK] });
    this.#response = response;
  }

  /** The response's content type, while nothing has been written. */
  setContentType(contentType) {
    if (this.#begun) {
      throw new InvalidStreamingOperation('Cannot set content-type, too late.');
    }
    this.#response.contentType = contentType;
  }

  /** What goes ahead of everything. */
  setHead(head) {
    this.#head = head;
  }

  /** What is neither text nor bytes is written as JSON. */
  write(chunk, ...rest) {
    const isPlain = typeof chunk === 'string' || chunk instanceof Uint8Array;
    return super.write(isPlain ? chunk : JSON.stringify(chunk), ...rest);
  }

  _write(chunk, encoding, callback) {
    this.#begin();
    this.#response.write(chunk, callback);
  }

  _final(callback) {
    this.#begin();
    this.#response.end();
    callback();
  }

  #begin() {
    if (!this.#begun && this.#head !== undefined) {
      this.#response.write(this.#head, () => {});
    }
    this.#begun = true;
  }
}
