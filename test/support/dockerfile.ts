/** One line of a Dockerfile. */
export interface Instruction {
  /** In capitals. */
  readonly keyword: string;
  /** Flags such as `--from=build`, without the dashes. */
  readonly flags: Readonly<Record<string, string>>;
  /** The rest, word by word; a JSON array's items. */
  readonly words: readonly string[];
  /** The rest as it is written, of RUN for instance. */
  readonly text: string;
}

/** What follows one FROM. */
export interface Stage {
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/**
 * Reads a Dockerfile, as far as this project's uses the language: no heredocs, no parser directives, no variables.
 * @throws for an instruction before the first FROM
 */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const instruction of lines.map(parseLine)) {
    if (instruction.keyword === 'FROM') {
      const [base = '', , name] = instruction.words;
      stages.push({ base, name, instructions: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage === undefined) throw new Error(`${instruction.keyword} stands before the first FROM`);
    stage.instructions.push(instruction);
  }
  return stages;
}

function parseLine(line: string): Instruction {
  const [, keyword = '', written = '', text = ''] = /^(\w+)((?:\s+--\S+)*)\s+(.*)$/.exec(line) ?? [];
  const flags = Object.fromEntries(
    [...written.matchAll(/--([\w-]+)(?:=(\S+))?/g)].map(([, name = '', value = 'true']) => [name, value]),
  );
  const words: string[] = text.startsWith('[')
    ? JSON.parse(text)
    : [...text.matchAll(/(?:"[^"]*"|[^\s"])+/g)].map(([word]) => word.replaceAll('"', ''));
  return { keyword: keyword.toUpperCase(), flags, words, text };
}

/** `NAME=value` pairs of ENV or LABEL. */
export function pairsOf({ instructions }: Stage, keyword: 'ENV' | 'LABEL'): Record<string, string> {
  const words = instructions.filter((one) => one.keyword === keyword).flatMap((one) => one.words);
  return Object.fromEntries(
    words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
}

/** The words of the last instruction of a kind; none when there is none. */
export function lastOf({ instructions }: Stage, keyword: string): readonly string[] {
  return instructions.findLast((one) => one.keyword === keyword)?.words ?? [];
}
