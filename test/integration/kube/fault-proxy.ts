import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of the API server that breaks connections on demand. */
export interface FaultProxy {
  readonly port: number;
  /** Resets every open connection. */
  reset(): void;
  /** Lets every open connection pass nothing more, in either direction, without closing it. */
  freeze(): void;
  /** Turns new connections away until told otherwise. */
  refuse(refused: boolean): void;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  frozen: boolean;
}

export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const pairs = new Set<Pair>();
  let refused = false;
  const server = createServer((near) => {
    near.on('error', () => {});
    if (refused) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(targetPort, '127.0.0.1');
    far.on('error', () => {});
    const pair: Pair = { near, far, frozen: false };
    pairs.add(pair);
    near.on('data', (bytes) => pair.frozen || far.write(bytes));
    far.on('data', (bytes) => pair.frozen || near.write(bytes));
    far.on('close', () => pair.frozen || near.destroy());
    near.on('close', () => {
      pairs.delete(pair);
      far.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const reset = () => {
    for (const { near } of pairs) near.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    reset,
    freeze: () => {
      for (const pair of pairs) pair.frozen = true;
    },
    refuse: (value) => {
      refused = value;
    },
    close: async () => {
      reset();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
