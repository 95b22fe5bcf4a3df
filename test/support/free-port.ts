import { createServer } from 'node:net';

/** Another program may take a port before it is used; that often in a row it does not. */
const tries = 3;

/**
 * Starts something that can't say which port it took, on a TCP port of 127.0.0.1 that nobody listens on.
 * @param start throws when it can't listen there; then it is tried with another port
 */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let tried = 1; tried < tries; tried += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      process.stderr.write(`trying another port: ${(error as Error).message}\n`);
    }
  }
  return await start(await freePort());
}

/** A port for what may fail to listen: another program may take it first. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('there is no free port');
  return address.port;
}
