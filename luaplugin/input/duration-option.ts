import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../operator/api/duration.ts';

/** The value of an option that takes a time: more than none. @returns milliseconds */
export function durationOption(text: string): number {
  try {
    const milliseconds = parseDuration(text);
    if (milliseconds > 0) return milliseconds;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('Write a whole number above 0 and ms, s, m or h, as in 5s.');
}
