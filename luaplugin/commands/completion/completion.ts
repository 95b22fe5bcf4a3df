import type { Command } from 'commander';
import type { Shell } from '../../program/options.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { grammarOf } from './grammar.ts';
import { zshScript } from './zsh.ts';

const writers = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The completion script of a program for a shell, made from the program's own definition. */
export function completionScript(shell: Shell, program: Command): string {
  return writers[shell](grammarOf(program));
}
