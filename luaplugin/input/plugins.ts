import { basename } from 'node:path';
import { luaPluginResource } from '../../operator/api/generated.ts';
import { type Diagnostic, InputError } from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import { type FoundFile, findFiles } from './files.ts';
import { ownFile } from './script-lines.ts';
import { readSource, type Source } from './text.ts';
import { parseDocuments, type SourceDocument } from './yaml.ts';

/** An object from a file, not checked yet. */
export interface SourceObject extends SourceDocument {
  readonly value: Readonly<Record<string, unknown>>;
}

/** What the files of a command hold. */
export interface PluginSources {
  readonly plugins: readonly SourceObject[];
  /** Scripts can be in them. */
  readonly configMaps: readonly SourceObject[];
  /** Files that can't be read. */
  readonly unreadable: readonly Diagnostic[];
}

/** An object of our API group, whatever its kind: one that is misspelt is not passed over. */
const ownGroup = `${luaPluginResource.group}/`;
const ownGroupInText = /apiVersion["']?\s*:\s*["']?luaplugin\.dev\//;

/**
 * Reads LuaPlugins, and ConfigMaps, from files and directories; a `.lua` file counts as a plugin of its name.
 * Objects of other kinds are passed over, but a file that was named has to hold a plugin or a ConfigMap.
 */
export async function readPlugins(paths: readonly string[], io: Io): Promise<PluginSources> {
  const unreadable: Diagnostic[] = [];
  const objects: SourceObject[] = [];
  for (const file of await findFiles(paths)) {
    try {
      objects.push(...(await readFile(file, io)));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      unreadable.push(...error.diagnostics);
    }
  }
  return {
    plugins: objects.filter(isPlugin),
    configMaps: objects.filter(({ value }) => value.kind === 'ConfigMap'),
    unreadable,
  };
}

async function readFile({ path, isFound }: FoundFile, io: Io): Promise<SourceObject[]> {
  const source = await readSource(path, io);
  if (path.endsWith('.lua')) {
    return isFound && !source.text.includes('GetWorkloadTypeAndName') ? [] : [luaFile(source)];
  }
  if (!isFound) return named(source);
  const mentions = source.text.includes(luaPluginResource.kind) || ownGroupInText.test(source.text);
  if (!mentions && !source.text.includes('ConfigMap')) return [];
  try {
    return objectsOf(source).filter(isWanted);
  } catch (error) {
    // A template of something else, perhaps.
    if (error instanceof InputError && !mentions) return [];
    throw error;
  }
}

function isPlugin({ value: { apiVersion, kind } }: SourceObject): boolean {
  const isOwn = typeof apiVersion === 'string' && apiVersion.startsWith(ownGroup);
  return isOwn || kind === luaPluginResource.kind;
}

function isWanted(object: SourceObject): boolean {
  return isPlugin(object) || object.value.kind === 'ConfigMap';
}

function named(source: Source): SourceObject[] {
  const objects = objectsOf(source);
  const wanted = objects.filter(isWanted);
  if (wanted.length > 0) return wanted;
  const kinds = new Set(objects.map(({ value }) => value.kind).filter((kind) => typeof kind === 'string'));
  const instead = kinds.size > 0 ? ` but ${[...kinds].join(', ')}` : '';
  const { apiVersion, kind } = luaPluginResource;
  const advice = `begin one with "apiVersion: ${apiVersion}" and "kind: ${kind}"`;
  throw new InputError({ file: source.file, message: `holds no ${kind}${instead}; ${advice}` });
}

function objectsOf(source: Source): SourceObject[] {
  return parseDocuments(source).flatMap((document) => {
    const { value } = document;
    if (!isObject(value)) return [];
    const { kind, items } = value;
    if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) {
      return [under(document, value, [])];
    }
    return items.flatMap((item: unknown, index) =>
      isObject(item) ? [under(document, item, ['items', String(index)])] : [],
    );
  });
}

function under(
  document: SourceDocument,
  value: Readonly<Record<string, unknown>>,
  root: readonly string[],
): SourceObject {
  return {
    file: document.file,
    value,
    lineOf: (steps) => document.lineOf([...root, ...steps]),
    linesOf: (steps) => document.linesOf([...root, ...steps]),
  };
}

function luaFile({ file, text }: Source): SourceObject {
  const { apiVersion, kind } = luaPluginResource;
  return {
    file,
    value: { apiVersion, kind, metadata: { name: basename(file, '.lua') }, spec: { script: text } },
    lineOf: () => 1,
    linesOf: () => ownFile,
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
