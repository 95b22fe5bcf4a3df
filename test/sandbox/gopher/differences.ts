/** A difference that is left, by the row of docs/lua.md that gives the reason, and the scripts that show it. */
export interface Difference {
  /** The row's first cell. */
  readonly row: string;
  readonly scripts: RegExp;
}

export const differences: readonly Difference[] = [
  { row: '`match` that finds nothing gives nothing, not nil', scripts: /select\("#", \("x"\):match/ },
  { row: 'a pattern that is not well formed', scripts: /\[==\[(\)|%|\(%w)\]==\]/ },
  {
    row: '`[%a-z]`, `[a-%z]`: a range with a class in it',
    scripts: /\[==\[\[(%a-z|a-%z|%w-_|%w%\.-_)\]\+?\]==\]/,
  },
  { row: 'the last digit of `x ^ y`', scripts: / \^ / },
  { row: '`//`, bit operators, `<const>`, `<close>`, `0x1p4`', scripts: /0x10p1|<close>|\/\/ 5/ },
  {
    row: '`string.format` with a text for a number, a missing value, or `%c` beyond 127',
    scripts: /string\.format\("(%\+d|%[-.\d]*[xXofec]|%d)"/,
  },
  { row: '`for` with a text as its limit, or a step of 0', scripts: /for i = ("1"|1, 3, 0)/ },
  { row: '`a, b = b, a + b` of two locals', scripts: /a, b = b, a \+ b/ },
  {
    row: '`string.gsub` with a number or true as replacement, or a limit of 0',
    scripts: /gsub\("b", 5\)|gsub\("a", "b", 0\)|b = true/,
  },
  {
    row: 'the text of an error that a script catches',
    scripts: /pcall\(error|error\(42\)|local x = nil return x\.y/,
  },
  { row: '`arg` as a global', scripts: /type\(arg\)/ },
  {
    row: '`collectgarbage("count")`, and what else gives no value there',
    scripts: /collectgarbage|rawset\(\{\}/,
  },
  { row: '`table.concat` of one number', scripts: /table\.concat\(parts, "\."\)/ },
  { row: 'whole numbers of more than 63 bits in JSON', scripts: /12345678901234567890'\)/ },
  { row: 'a key that was removed and set again', scripts: /t\.z = nil t\.w = 1 t\.z = 5/ },
];
