import type { Controller } from './controller.ts';
import { jobset } from './controllers/jobset.ts';
import { lws } from './controllers/lws.ts';

/** All of them, in the order of the page. */
export const controllers: readonly Controller[] = [jobset, lws];
