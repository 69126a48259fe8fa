// The handler's `context`.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html

const W3C_FIELDS = ['traceparent', 'tracestate', 'baggage'];

/** The invocation, the function and the execution environment, of an event's headers. */
export function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const clientContext = parse(headers['lambda-runtime-client-context']);
  const w3c = takeW3c(clientContext);
  const { env } = process;
  return {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext,
    identity: parse(headers['lambda-runtime-cognito-identity']),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
    w3c: () => w3c,
  };
}

function parse(header) {
  return header ? JSON.parse(header) : undefined;
}

/** Take the trace context out of a client context: it is no part of what the handler sees. */
function takeW3c(clientContext) {
  const fields = clientContext?.w3c;
  delete clientContext?.w3c;
  const isObject = typeof fields === 'object' && fields !== null;
  const known = W3C_FIELDS.filter((name) => isObject && typeof fields[name] === 'string');
  return Object.freeze(Object.fromEntries(known.map((name) => [name, fields[name]])));
}
