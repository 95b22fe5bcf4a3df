/** Splits `HOST:PORT`, or `:PORT` for every address; an IPv6 host stands in brackets. */
export function parseAddress(address: string): { host: string | undefined; port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host: host === '' ? undefined : host, port: Number(address.slice(colon + 1)) };
}
