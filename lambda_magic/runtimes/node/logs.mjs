// Where a function's output goes: one framed record for each call of a method of `console`.

import fs from 'node:fs';
import { format } from 'node:util';

import { asError, stackOf, textOf } from './faults.mjs';

/** The levels, with the bits that a frame's type tells each by. */
const LEVELS = { TRACE: 0x04, DEBUG: 0x08, INFO: 0x0c, WARN: 0x10, ERROR: 0x14, FATAL: 0x18 };
const TEXT_FRAME = 0xa55a0003;
const JSON_FRAME = 0xa55a0002;
const HEADER = 16;

const asJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';
const lowest = LEVELS[process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()] ?? LEVELS.TRACE;
const descriptor = Number(process.env._LAMBDA_TELEMETRY_LOG_FD);
delete process.env._LAMBDA_TELEMETRY_LOG_FD;

/** The invocation in flight, for every record. */
export const current = { requestId: undefined, tenantId: undefined };

/** Have `console` write Lambda's records. */
export function patchConsole() {
  for (const [level, bits] of Object.entries(LEVELS)) {
    const method = level.toLowerCase();
    console[method] = bits < lowest ? () => {} : (...values) => log(level, ...values);
  }
  console.log = console.info;
}

/** Log what has gone wrong, as AWS's runtime does. */
export function logFault(headline, error) {
  if (asJson) {
    log('ERROR', asError(error));
  } else {
    log('ERROR', headline, `\t${textOf(error)}`);
  }
}

function log(level, ...values) {
  const now = new Date();
  const line = asJson ? jsonLine(now, level, values) : textLine(now, level, values);
  write(line, (asJson ? JSON_FRAME : TEXT_FRAME) | LEVELS[level], now);
}

function textLine(now, level, values) {
  return `${[now.toISOString(), `${current.requestId}`, level, format(...values)].join('\t')}\n`;
}

function jsonLine(now, level, values) {
  const { requestId, tenantId } = current;
  const record = { timestamp: now.toISOString(), level, requestId, tenantId };
  if (values.length === 1) {
    try {
      return JSON.stringify({ ...record, message: values[0] }, expandError);
    } catch {
      return JSON.stringify({ ...record, message: format(values[0]) });
    }
  }
  const error = values.slice(1).find((value) => value instanceof Error);
  const told = error === undefined ? {} : membersOf(error);
  return JSON.stringify({ ...record, message: format(...values), ...told });
}

function expandError(_, value) {
  return value instanceof Error ? { ...membersOf(value), ...value } : value;
}

function membersOf(error) {
  return {
    errorType: error.constructor?.name ?? 'UnknownError',
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? stackOf(error) : [],
  };
}

function write(line, type, now) {
  const message = Buffer.from(line);
  if (Number.isNaN(descriptor)) {
    process.stdout.write(message);
    return;
  }
  const frame = Buffer.alloc(HEADER + message.length);
  frame.writeUInt32BE(type >>> 0, 0);
  frame.writeUInt32BE(message.length, 4);
  frame.writeBigUInt64BE(BigInt(now.valueOf()) * 1000n, 8);
  message.copy(frame, HEADER);
  for (let written = 0; written < frame.length; ) {
    written += fs.writeSync(descriptor, frame, written);
  }
}
