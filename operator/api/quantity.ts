const pattern = /^(\d{1,12})(|k|M|G|Ki|Mi|Gi)$/;

const unitBytes: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/**
 * Reads a Kubernetes quantity of bytes: a whole number and perhaps a unit, as in `16Mi`, `64M`, `1048576`.
 * The fractions and exponents that Kubernetes also knows are not taken.
 * @returns bytes
 * @throws RangeError for anything else
 */
export function parseQuantity(text: string): number {
  const [, digits, unit] = pattern.exec(text) ?? [];
  const factor = unit === undefined ? undefined : unitBytes[unit];
  if (factor === undefined) {
    throw new RangeError(
      `"${text}" is no quantity of bytes; write a whole number and k, M, G, Ki, Mi or Gi, as in 16Mi`,
    );
  }
  return Number(digits) * factor;
}
