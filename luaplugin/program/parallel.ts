/**
 * Does something with each entry, several at a time. Rejects with the first error.
 * @param limit how many at a time
 */
export async function forEachAtOnce<T>(
  entries: readonly T[],
  limit: number,
  work: (entry: T) => Promise<void>,
): Promise<void> {
  const left = entries.values();
  await Promise.all(
    Array.from({ length: Math.min(limit, entries.length) }, async () => {
      for (const entry of left) await work(entry);
    }),
  );
}
