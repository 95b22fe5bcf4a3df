import type { Controller } from './controller.ts';
import { agentSandbox } from './controllers/agent-sandbox.ts';
import { argoRollouts } from './controllers/argo-rollouts.ts';
import { cloudnativePg } from './controllers/cloudnative-pg.ts';
import { jobset } from './controllers/jobset.ts';
import { knative } from './controllers/knative.ts';
import { kserve } from './controllers/kserve.ts';
import { kuberay } from './controllers/kuberay.ts';
import { lws } from './controllers/lws.ts';
import { tekton } from './controllers/tekton.ts';
import { trainer } from './controllers/trainer.ts';

/** All of them, in the order of the page. */
export const controllers: readonly Controller[] = [
  jobset,
  lws,
  agentSandbox,
  kuberay,
  trainer,
  argoRollouts,
  cloudnativePg,
  tekton,
  knative,
  kserve,
];
