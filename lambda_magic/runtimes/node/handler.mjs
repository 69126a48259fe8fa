// From `_HANDLER` to a function, by the rules of AWS's Node.js runtimes.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import {
  CallbackHandlerDeprecated,
  HandlerNotFound,
  ImportModuleError,
  MalformedHandlerName,
  UserCodeSyntaxError,
} from './faults.mjs';
import { isStreaming, provideGlobal } from './streaming.mjs';

const require = createRequire(import.meta.url);

/** The number in "AWS_Lambda_nodejs20.x", or this Node's own. */
export const MAJOR_VERSION = Number.parseInt(
  /nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? '')?.[1] ?? process.versions.node,
  10,
);
/** The first that knows no callbacks. */
export const WITHOUT_CALLBACKS = 24;

/** Load a handler such as "index.handler" or "src/app.api.handler" of a package. */
export async function load(taskRoot, name) {
  if (name.includes('..')) {
    throw new MalformedHandlerName(
      `'${name}' is not a valid handler name. Use absolute paths when specifying root ` +
        'directories in handler names.',
    );
  }
  const base = path.basename(name);
  const match = /^([^.]*)\.(.*)$/.exec(base);
  if (match === null) {
    throw new MalformedHandlerName('Bad handler');
  }
  const directory = name.slice(0, name.indexOf(base));
  provideGlobal();
  const module = await loadModule(taskRoot, directory, match[1]);
  const handler = match[2].split('.').reduce((value, key) => value?.[key], module);
  check(name, handler);
  return handler;
}

function check(name, handler) {
  if (!handler) {
    throw new HandlerNotFound(`${name} is undefined or not exported`);
  }
  if (typeof handler !== 'function') {
    throw new HandlerNotFound(`${name} is not a function`);
  }
  if (MAJOR_VERSION >= WITHOUT_CALLBACKS && handler.length >= 3 && !isStreaming(handler)) {
    throw new CallbackHandlerDeprecated(
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with ' +
        'Node.js 24. You need to modify this function to use a supported handler signature to ' +
        'use Node.js 24 or later. For more information see ' +
        'https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
    );
  }
}

async function loadModule(taskRoot, directory, name) {
  try {
    return await findModule(taskRoot, directory, name);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new UserCodeSyntaxError(error);
    }
    if (error?.code === 'MODULE_NOT_FOUND') {
      throw new ImportModuleError(error);
    }
    throw error;
  }
}

async function findModule(taskRoot, directory, name) {
  const file = path.resolve(taskRoot, directory, name);
  const isModule = isInModulePackage(path.dirname(file));
  const typed = MAJOR_VERSION >= 24 ? ['.ts', '.mts', '.cts'] : [];
  for (const extension of ['', '.js', '.mjs', '.cjs', ...typed]) {
    const candidate = file + extension;
    if (fs.statSync(candidate, { throwIfNoEntry: false })?.isFile()) {
      const imports = /\.m[jt]s$/.test(extension) || (isModule && /^\.[jt]s$/.test(extension));
      return imports ? import(pathToFileURL(candidate).href) : require(candidate);
    }
  }
  // A package, in the function's own node_modules or a layer's.
  return require(require.resolve(name, { paths: [taskRoot, directory] }));
}

/** Whether the nearest package.json says `"type": "module"`. */
function isInModulePackage(directory) {
  for (let at = directory; !at.endsWith('/node_modules'); at = path.dirname(at)) {
    const description = path.join(at, 'package.json');
    if (fs.existsSync(description)) {
      try {
        return JSON.parse(fs.readFileSync(description, 'utf8')).type === 'module';
      } catch (error) {
        console.warn(`${description} cannot be read, it will be ignored.`, error);
        return false;
      }
    }
    if (at === path.dirname(at)) {
      return false;
    }
  }
  return false;
}
