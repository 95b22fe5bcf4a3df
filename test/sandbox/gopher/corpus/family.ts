/** Scripts of one kind. */
export interface Family {
  readonly name: string;
  readonly scripts: readonly string[];
}

/** A script whose function does that; `m` is its argument, `json` dkjson. */
export function body(lua: string): string {
  return `local json = require("dkjson") function GetWorkloadTypeAndName(m) ${lua} end`;
}

/** One script for each line that is not empty. */
export function bodies(lines: string): string[] {
  return lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(body);
}
