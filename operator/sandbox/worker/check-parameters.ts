import { parentPort } from 'node:worker_threads';
import { Ajv, type ErrorObject } from 'ajv';
import ajvFormats from 'ajv-formats';
import type { CheckedParameters, JsonValue } from '../contract.ts';
import { boundedMessage } from '../text.ts';
import type { ParameterCheck } from '../wire/input.ts';

/** A Worker's entry: checks parameters against JSON Schemas (draft-07), and never runs Lua. */

const port = parentPort;
if (!port) throw new Error('this is the entry of a Worker');

port.on('message', (check: ParameterCheck) => port.postMessage(checkParameters(check)));
port.postMessage('ready');

function checkParameters({ parameters, schema }: ParameterCheck): CheckedParameters {
  // Nothing is shared between checks: a schema may bring an $id that another one has, too.
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false, logger: false });
  ajvFormats.default(ajv);
  try {
    const value: JsonValue = JSON.parse(parameters);
    const validate = ajv.compile<JsonValue>(JSON.parse(schema));
    if (validate(value)) return { ok: true, parameters: value };
    const problems = (validate.errors ?? []).map(problemOf);
    return { ok: false, message: boundedMessage(`spec.parameters: ${problems.join('; ')}`) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, message: boundedMessage(`spec.parametersSchema cannot be used: ${reason}`) };
  }
}

function problemOf({ instancePath, message, params }: ErrorObject): string {
  const where = instancePath === '' ? '' : `${instancePath.slice(1).replaceAll('/', '.')} `;
  const extra = 'additionalProperty' in params ? ` (${String(params.additionalProperty)})` : '';
  return `${where}${message}${extra}`;
}
