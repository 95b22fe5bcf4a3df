import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { LuaPlugin } from '../../operator/api/generated.ts';

/** The script of DeepFlow's documentation, as examples/opengauss.yaml has it. */
export function openGaussScript(): string {
  const file = new URL('../../examples/opengauss.yaml', import.meta.url);
  const { spec } = parse(readFileSync(file, 'utf8')) as LuaPlugin;
  return spec.script ?? '';
}
