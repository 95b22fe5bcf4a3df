import type { Tracer } from '../observability/tracing/tracer.ts';
import type { Sandbox } from './contract.ts';

/** A sandbox whose work is spans of the work that needs it. */
export function tracedSandbox(sandbox: Sandbox, tracer: Tracer): Sandbox {
  return {
    checkParameters: (parameters, schema) =>
      tracer.span('sandbox check parameters', {}, () => sandbox.checkParameters(parameters, schema)),
    load: (program) =>
      tracer.span('sandbox load', { attributes: { 'luaplugin.program': program.id } }, async (span) => {
        const failure = await sandbox.load(program);
        if (failure !== undefined) span.set({ 'error.type': failure.reason });
        return failure;
      }),
    unload: (id) => sandbox.unload(id),
    // What several Pods ask in the same turn travels as one batch; each has the time of its own part.
    evaluate: (calls) =>
      tracer.span('sandbox evaluate', { attributes: { 'luaplugin.calls': calls.length } }, async (span) => {
        const answers = await sandbox.evaluate(calls);
        const steps = answers.flat();
        const errors = steps.filter(({ answer }) => answer.result === 'error').length;
        span.set({ 'luaplugin.asked': steps.length, 'luaplugin.errors': errors });
        return answers;
      }),
  };
}
