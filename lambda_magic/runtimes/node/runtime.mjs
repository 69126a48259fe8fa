// The runtime proper: the loop that gives events to the handler.

import { contextOf } from './context.mjs';
import { documentOf, JSONStringifyError, NodeJsExit } from './faults.mjs';
import { MAJOR_VERSION, WITHOUT_CALLBACKS } from './handler.mjs';
import { current, logFault } from './logs.mjs';
import { isStreaming, ResponseStream } from './streaming.mjs';

const ACCEPTED = 202;

/** Gives events to the handler, one after another. */
export class Runtime {
  /** The invocation in flight; none during Init. */
  requestId = undefined;

  constructor(api) {
    this.api = api;
  }

  /** Handle events for ever. */
  async serve(handler) {
    const answer = isStreaming(handler) ? this.stream : this.respond;
    for (;;) {
      const { headers, body } = await this.api.next();
      this.requestId = headers['lambda-runtime-aws-request-id'];
      current.requestId = this.requestId;
      current.tenantId = headers['lambda-runtime-aws-tenant-id'];
      setTraceId(headers['lambda-runtime-trace-id']);
      await answer.call(this, handler, headers, body);
    }
  }

  async respond(handler, headers, body) {
    let json;
    try {
      const context = contextOf(headers);
      json = stringify(await settled(handler, JSON.parse(body), context));
    } catch (error) {
      await this.fail(error);
      return;
    }
    const status = await this.api.respond(this.requestId, json);
    if (status !== ACCEPTED) {
      // Too large: the platform has already answered with Function.ResponseSizeTooLarge.
      process.stderr.write(
        `[ERROR] [${Date.now()}] LAMBDA_RUNTIME Failed to post handler success response. ` +
          `Http response code: ${status}.\n`,
      );
    }
  }

  async fail(error) {
    logFault('Invoke Error', error);
    await this.api.fail(this.requestId, documentOf(error));
  }

  async stream(handler, headers, body) {
    const response = this.api.stream(this.requestId);
    const output = new ResponseStream(response, handler);
    try {
      const returned = handler(JSON.parse(body), output, contextOf(headers));
      if (typeof returned?.then !== 'function') {
        throw 'Streaming does not support non-async handlers.';
      }
      const value = await orIdle(returned);
      if (value !== undefined) {
        console.warn('Streaming handlers ignore return values.');
      }
      if (!output.writableEnded) {
        throw 'Response stream is not finished.';
      }
    } catch (error) {
      logFault('Invoke Error', error);
      response.fail(documentOf(error));
    }
    await response.done;
  }
}

/** What a handler comes to: by its promise, by its callback, or by having nothing left to do. */
async function settled(handler, event, context) {
  if (MAJOR_VERSION >= WITHOUT_CALLBACKS) {
    return orIdle(handler(event, context));
  }
  const { completion, callback } = withCallbacks(context);
  const isAsync = handler.constructor?.name === 'AsyncFunction';
  const idle = whenIdle().then(() => {
    if (isAsync) {
      throw new NodeJsExit();
    }
    // A handler that forgot its callback has no result; nor is that an error.
    return null;
  });
  const returned = handler(event, context, callback);
  if (typeof returned?.then === 'function') {
    returned.then(context.succeed, context.fail);
  }
  return Promise.race([completion, idle]);
}

/** Give a context what only handlers with callbacks use; the first call counts. */
function withCallbacks(context) {
  let succeed;
  let fail;
  const completion = new Promise((resolve, reject) => {
    succeed = resolve;
    fail = reject;
  });
  let called = false;
  const first = (method) => {
    return (...values) => {
      if (!called) {
        called = true;
        method(...values);
      }
    };
  };
  const done = (error, result) => (isNothing(error) ? succeed(result) : fail(error));
  const callback = (error, result) => {
    if (isNothing(error) && context.callbackWaitsForEmptyEventLoop) {
      whenIdle().then(() => succeed(result));
    } else {
      done(error, result);
    }
  };
  Object.assign(context, {
    callbackWaitsForEmptyEventLoop: true,
    succeed: first(succeed),
    fail: first((error) => done(isNothing(error) ? 'handled' : error)),
    done: first(done),
  });
  return { completion, callback: first(callback) };
}

function isNothing(error) {
  return error === undefined || error === null;
}

/** A promise's value, unless the event loop runs empty before there is one. */
function orIdle(promise) {
  const idle = whenIdle().then(() => {
    throw new NodeJsExit();
  });
  return Promise.race([promise, idle]);
}

let idleListener;

/** Resolves when nothing is left to do, neither timer nor connection. The last who asked counts. */
function whenIdle() {
  if (idleListener !== undefined) {
    process.removeListener('beforeExit', idleListener);
  }
  return new Promise((resolve) => {
    idleListener = resolve;
    process.once('beforeExit', resolve);
  });
}

function stringify(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    const Type = MAJOR_VERSION >= WITHOUT_CALLBACKS ? JSONStringifyError : Error;
    throw new Type('Unable to stringify response body');
  }
}

function setTraceId(traceId) {
  if (traceId === undefined) {
    delete process.env._X_AMZN_TRACE_ID;
  } else {
    process.env._X_AMZN_TRACE_ID = traceId;
  }
}
