/**
 * The texts of an answer's Warning headers (RFC 7234, 5.5), as the API server sends them for what it takes but
 * advises against: `299 - "text"`.
 * @param header one value may hold several, separated by commas
 */
export function warningsIn(header: string | readonly string[] | undefined): string[] {
  const values = typeof header === 'string' ? [header] : (header ?? []);
  return values.flatMap((value) =>
    [...value.matchAll(/\b\d{3} \S+ "((?:[^"\\]|\\.)*)"/gs)].map(([, text = '']) =>
      text.replaceAll(/\\(.)/gs, '$1'),
    ),
  );
}
