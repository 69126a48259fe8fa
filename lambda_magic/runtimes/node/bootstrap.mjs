// The runtime process of a Node.js function: loads the handler, then gives it one event after
// another. Started as `node bootstrap.mjs`, with Lambda's environment variables.

import { RuntimeApi } from './api.mjs';
import { documentOf, UnhandledPromiseRejection } from './faults.mjs';
import { load } from './handler.mjs';
import * as logs from './logs.mjs';
import { Runtime } from './runtime.mjs';

// What AWS's runtime ends with, so that the function's log says the same here.
const EXIT_UNHANDLED_REJECTION = 128;
const EXIT_UNCAUGHT_EXCEPTION = 129;

const api = new RuntimeApi(process.env.AWS_LAMBDA_RUNTIME_API);
const runtime = new Runtime(api);

/** Tell what the function did not catch, and end: nobody knows what state it is in. */
async function fail(headline, error, status) {
  logs.logFault(headline, error);
  const document = documentOf(error);
  if (runtime.requestId === undefined) {
    await api.failInit(document);
  } else {
    await api.fail(runtime.requestId, document);
  }
  process.exit(status);
}

process.on('uncaughtException', (error) => {
  fail('Uncaught Exception', error, EXIT_UNCAUGHT_EXCEPTION);
});
process.on('unhandledRejection', (reason, promise) => {
  const error = new UnhandledPromiseRejection(reason, promise);
  fail('Unhandled Promise Rejection', error, EXIT_UNHANDLED_REJECTION);
});

logs.patchConsole();
try {
  await runtime.serve(await load(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER ?? ''));
} catch (error) {
  await fail('Uncaught Exception', error, EXIT_UNCAUGHT_EXCEPTION);
}
