import type { AdmissionRequest } from '../../../operator/admission/admission-review.ts';
import type { LuaPluginSpec } from '../../../operator/api/generated.ts';
import { makePlugin } from '../support/builders.ts';

/** A request to store a new plugin `p`, valid by default. */
export function creation(spec: Partial<LuaPluginSpec> = {}): AdmissionRequest {
  return { uid: 'u', operation: 'CREATE', name: 'p', object: makePlugin('p', spec) };
}

/** A request to change the plugin `p`. */
export function change(before: Partial<LuaPluginSpec>, after: Partial<LuaPluginSpec>): AdmissionRequest {
  return {
    uid: 'u',
    operation: 'UPDATE',
    name: 'p',
    object: makePlugin('p', after),
    oldObject: makePlugin('p', before),
  };
}

/** A request as the API server sends it. */
export function reviewOf(request: Partial<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      ...creation(),
      kind: { group: 'luaplugin.dev', version: 'v1alpha1', kind: 'LuaPlugin' },
      ...request,
    },
  };
}
