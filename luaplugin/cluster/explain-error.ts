import { luaPluginResource } from '../../operator/api/generated.ts';
import {
  ApiError,
  ConnectionError,
  describeError,
  isRetryable,
  KubeConfigError,
} from '../../operator/kube/client/errors.ts';
import { CommandError } from '../program/definition.ts';
import { exitCodes } from '../program/exit-codes.ts';

/** What a user has to look at when the cluster can't be had. */
export interface Where {
  readonly server: string;
  /** The kubeconfig's context. */
  readonly context: string;
}

/** Turns what kubeconfig, network or API server have against a call into one line that says what to do. */
export function explainClusterError(error: unknown, where: Where): unknown {
  if (error instanceof KubeConfigError) {
    return new CommandError(exitCodes.usage, error.message, { cause: error });
  }
  if (error instanceof ConnectionError) return failed(explainConnection(error, where), error);
  if (error instanceof ApiError) return failed(explainRefusal(error, where), error);
  return error;
}

function failed(message: string, cause: Error): CommandError {
  return new CommandError(exitCodes.failed, message, { cause });
}

function explainConnection(error: ConnectionError, { server, context }: Where): string {
  const why = error.cause === undefined ? error.message : describeError(error.cause);
  const cluster = `the cluster at ${server} (context "${context}")`;
  if (error.code === 'REQUEST_TIMEOUT') {
    return `${cluster} gave ${why}; check that it runs, or wait longer with --request-timeout`;
  }
  if (error.code === 'BAD_ANSWER') return `${cluster} gives strange answers: ${error.message}`;
  if (isRetryable(error)) {
    return `can't reach ${cluster}: ${why}; check that it runs and that this is the right context`;
  }
  return `can't talk to ${cluster}: ${why}; check the server and its certificates in the kubeconfig`;
}

function explainRefusal(error: ApiError, { context }: Where): string {
  const { status, message } = error;
  if (status === 401) {
    return `the cluster does not accept the credentials of context "${context}"; log in again, or choose another with --context`;
  }
  // A webhook may say no with this code, too; its own words are all there is to say.
  if (status === 403 && !message.includes('denied the request')) {
    return `${message}; ask the cluster's administrator for this right ("kubectl auth can-i --list" shows yours)`;
  }
  if (status === 404 && !error.isStatus) {
    return `the cluster does not know ${luaPluginResource.kind}; install the operator (luaplugin install), or choose another cluster with --context`;
  }
  return message;
}
