/** Works on all items, so many at a time. @param onDone told how many are done */
export async function inParallel<T>(
  items: Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<unknown>,
  onDone: (count: number) => void = () => {},
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let done = 0;
  const worker = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      await work(next.value);
      done += 1;
      onDone(done);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** The numbers from `from` to below `to`. */
export function* range(from: number, to: number): Generator<number> {
  for (let number = from; number < to; number += 1) yield number;
}
