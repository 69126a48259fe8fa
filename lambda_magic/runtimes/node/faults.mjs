// What goes wrong, in AWS's form: the error document, and the log record that tells of it.

import { types } from 'node:util';

/** Frames of ours, which no stack trace shows. */
const OWN_DIRECTORY = new URL('.', import.meta.url);
const OWN_FRAMES = [OWN_DIRECTORY.href, OWN_DIRECTORY.pathname];

class Fault extends Error {}

/** A module that is not there, or that asks for one that is not. */
export class ImportModuleError extends Fault {}
/** The handler's module is there, and has no such member. */
export class HandlerNotFound extends Fault {}
/** A handler that is not written "module.function". */
export class MalformedHandlerName extends Fault {}
/** Code that is none. */
export class UserCodeSyntaxError extends Fault {
  constructor(original) {
    super(original);
    this.stack = original.stack;
  }
}
/** What is called on a response stream too late. */
export class InvalidStreamingOperation extends Fault {}
/** A result that has no JSON. */
export class JSONStringifyError extends Fault {}
/** A handler with a callback, from Node.js 24 on. */
export class CallbackHandlerDeprecated extends Fault {}
/** The event loop ran empty while the handler's promise was not settled. */
export class NodeJsExit extends Fault {
  constructor() {
    super(
      'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly ' +
        'caused by a Promise that was never settled. For more information, see ' +
        'https://nodejs.org/docs/latest/api/process.html#exit-codes',
    );
  }
}
/** A promise that was rejected, with nobody to hear it. */
export class UnhandledPromiseRejection extends Fault {
  constructor(reason, promise) {
    super(reason);
    this.reason = reason;
    this.promise = promise;
  }
}

for (const type of [
  ImportModuleError,
  HandlerNotFound,
  MalformedHandlerName,
  UserCodeSyntaxError,
  InvalidStreamingOperation,
  JSONStringifyError,
  CallbackHandlerDeprecated,
  NodeJsExit,
  UnhandledPromiseRejection,
]) {
  Object.defineProperty(type.prototype, 'name', { value: `Runtime.${type.name}` });
}

/** `{errorType, errorMessage, trace}` of whatever was thrown. */
export function documentOf(error) {
  try {
    if (types.isNativeError(error) || looksLikeError(error)) {
      return { errorType: error.name, errorMessage: error.message, trace: stackOf(error) };
    }
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or ' +
        'more of its message, name, and stack',
    };
  }
}

/** The same as it stands in a Text log, with all that the error was given besides. */
export function textOf(error) {
  try {
    return JSON.stringify(asError(error), (_, value) => withOwnMembers(value));
  } catch {
    return JSON.stringify(documentOf(error));
  }
}

/** An error, made of whatever was thrown. */
export function asError(error) {
  return error instanceof Error ? error : new Error(error);
}

/** The lines of an error's stack. */
export function stackOf(error) {
  return error.stack.split('\n').filter((line) => !OWN_FRAMES.some((own) => line.includes(own)));
}

function looksLikeError(value) {
  return [value?.name, value?.message, value?.stack].every(
    (member) => typeof member === 'string' && member !== '',
  );
}

function withOwnMembers(value) {
  if (!(value instanceof Error)) {
    return value;
  }
  const { name: errorType, message: errorMessage, code } = value;
  const members = { errorType, errorMessage, code, ...value };
  return typeof value.stack === 'string' ? { ...members, stack: stackOf(value) } : members;
}
