/** metav1.MicroTime: RFC 3339 with exactly six digits of a second; the API server takes no fewer. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
