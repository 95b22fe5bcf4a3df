import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parseAddress } from '../../config/address.ts';

/**
 * Has a server listen.
 * @param address `HOST:PORT`, or `:PORT` for every address; port 0 takes a free one
 * @returns the port in use
 * @throws when the address can't be had, naming it
 */
export async function listen(server: Server | TlsServer, address: string): Promise<number> {
  const { host, port } = parseAddress(address);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: Error) => reject(new Error(`can't listen on ${address}: ${error.message}`)));
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Ends a server's open connections and stops listening; may be called twice. */
export async function close(server: Server | TlsServer): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
