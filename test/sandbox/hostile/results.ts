import type { Hostile } from './entry.ts';

/** Their results are no kind and no name. */
export const results: readonly Hostile[] = [
  ...refused({
    'returns a number': 'return 1, "a"',
    'returns a number as name': 'return "Job", 1',
    'returns booleans': 'return true, false',
    'returns tables': 'return {}, {}',
    'returns an object that claims to be a string':
      'return setmetatable({}, {__tostring = function() return "Job" end, __name = "string"}), "a"',
    'returns functions': 'return print, print',
    'returns coroutines': 'return coroutine.create(print), "a"',
    'forgets the name': 'return "Job"',
    'returns a type of a megabyte': 'return ("J"):rep(1e6), "a"',
    'returns a name of a megabyte': 'return "Job", ("a"):rep(1e6)',
    'returns a type of 64 letters': 'return ("J"):rep(64), "a"',
    'returns a name of 254 bytes': 'return "Job", ("a"):rep(254)',
    'returns a type with a slash': 'return "apps/Deployment", "a"',
    'returns a type with a line break': 'return "Job\\n", "a"',
    'returns a type with a NUL': 'return "Job\\0", "a"',
    'returns a name with a NUL': 'return "Job", "a\\0b"',
    'returns a name with a line break': 'return "Job", "a\\nb"',
    'returns a name that is no UTF-8': 'return "Job", "\\xc3\\x28"',
    'returns a name with half a character': 'return "Job", "\\xe2\\x82"',
    'returns a name with a surrogate': 'return "Job", "\\xed\\xa0\\x80"',
    'returns a name that turns text around': 'return "Job", "a\\u{202e}b"',
    'returns a name that is not to be seen': 'return "Job", "\\u{200b}"',
    'returns a name with a byte order mark': 'return "Job", "\\u{feff}a"',
  }),
  { title: 'returns three results', body: 'return "Job", "a", "b"', ends: 'resolved' },
  {
    title: 'returns ten thousand results',
    body: 'return table.unpack({"Job", "a"}, 1, 10000)',
    ends: 'resolved',
  },
  { title: 'returns nothing', body: '', ends: 'skipped' },
];

function refused(bodies: Record<string, string>): Hostile[] {
  return Object.entries(bodies).map(([title, body]) => ({ title, body, ends: 'invalid_result' }));
}
