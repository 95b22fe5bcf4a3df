import type { Dispatcher } from 'undici';

/**
 * A dispatcher that calls `check` at the moment when a request's first byte would go to its connection, which may be
 * long after the request was made: all connections may have been busy. What `check` throws fails the request unsent;
 * the connection stays.
 */
export function checkingBeforeSend(dispatcher: Dispatcher, check: () => void): Dispatcher {
  return dispatcher.compose(
    (dispatch) => (options, handler) => dispatch(options, new CheckingHandler(handler, check)),
  );
}

/** Passes everything on to the handler of a request. */
class CheckingHandler implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #check: () => void;

  constructor(handler: Dispatcher.DispatchHandler, check: () => void) {
    this.#handler = handler;
    this.#check = check;
  }

  onRequestStart(...args: Parameters<Handler['onRequestStart']>): void {
    this.#check();
    this.#handler.onRequestStart?.(...args);
  }

  onResponseStart(...args: Parameters<Handler['onResponseStart']>): void {
    this.#handler.onResponseStart?.(...args);
  }

  onResponseData(...args: Parameters<Handler['onResponseData']>): void {
    this.#handler.onResponseData?.(...args);
  }

  onResponseEnd(...args: Parameters<Handler['onResponseEnd']>): void {
    this.#handler.onResponseEnd?.(...args);
  }

  onResponseError(...args: Parameters<Handler['onResponseError']>): void {
    this.#handler.onResponseError?.(...args);
  }
}

type Handler = Required<Dispatcher.DispatchHandler>;
