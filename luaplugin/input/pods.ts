import { Ajv } from 'ajv';
import { toFieldErrors } from '../../operator/api/errors.ts';
import { goJson } from '../../operator/api/go-json.ts';
import { withoutNulls } from '../../operator/api/nulls.ts';
import type { MatchablePod } from '../../operator/api/selectors.ts';
import { AnnotationKeys } from '../../operator/pods/annotations/annotations.ts';
import { InputError } from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import { readSource, type Source } from './text.ts';
import { parseDocuments } from './yaml.ts';

/** A Pod as a plugin is asked about it. */
export interface PodInput {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** The argument of GetWorkloadTypeAndName. */
  readonly metadata: string;
  /** What spec.match looks at. */
  readonly matchable: MatchablePod;
}

export interface PodInputs {
  readonly pods: readonly PodInput[];
  /** Labels of the Namespaces that the file holds beside the Pods, by name. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** The parts of a metadata that the operator reads; the API server never gives them in another form. */
interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly ownerReferences?: { apiVersion?: string; kind?: string }[];
  readonly managedFields?: unknown;
}

const strings = { type: 'object', additionalProperties: { type: 'string' } };
const metadataSchema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    namespace: { type: 'string' },
    labels: strings,
    annotations: strings,
    ownerReferences: {
      type: 'array',
      items: { type: 'object', properties: { apiVersion: { type: 'string' }, kind: { type: 'string' } } },
    },
  },
};
const isMetadata = new Ajv({ verbose: true }).compile<Metadata>(metadataSchema);

const keys = new AnnotationKeys('luaplugin.dev');
const advice = 'give Pods as "kubectl get pods -o json" prints them, or the metadata of one';

/**
 * Reads Pods from YAML or JSON: Pods, Lists of them, and bare metadata objects.
 * @param path a file, or `-` for standard input
 * @throws InputError when there is no Pod in it
 */
export async function readPods(path: string, io: Io): Promise<PodInputs> {
  const source = await readSource(path, io);
  const pods: PodInput[] = [];
  const namespaces = new Map<string, Readonly<Record<string, string>>>();
  for (const { path: place, kind, metadata } of metadataOf(source)) {
    const value = withoutNulls(metadata, metadataSchema);
    if (!isMetadata(value)) {
      const [error] = toFieldErrors(isMetadata.errors ?? []);
      const field = [place, error?.path].filter(Boolean).join('.');
      const message = `${field ? `${field}:` : 'the document'} ${error?.message}; ${advice}`;
      throw new InputError({ file: source.file, message });
    }
    if (kind === 'Namespace') namespaces.set(value.name ?? '', value.labels ?? {});
    else pods.push(podInput(value));
  }
  if (pods.length === 0) throw new InputError({ file: source.file, message: `holds no Pod; ${advice}` });
  return { pods, namespaces };
}

/** As the operator gives it to plugins: without managedFields and what it wrote itself. */
function podInput(metadata: Metadata): PodInput {
  const { managedFields, labels: _, annotations: _others, ...rest } = metadata;
  // kubectl leaves managedFields out unless it is told otherwise.
  const known = { ...metadata, managedFields: Array.isArray(managedFields) ? managedFields : [] };
  const others = keys.strip(known, keys.read(known));
  const { name, namespace, ownerReferences = [] } = rest;
  const owners = ownerReferences.map(({ apiVersion = '', kind = '' }) => ({ apiVersion, kind }));
  return {
    namespace,
    name,
    metadata: goJson({ ...rest, ...others }),
    matchable: { ...rest, ...others, ownerReferences: owners },
  };
}

interface FoundMetadata {
  /** Where in the file, as in `items[3].metadata`; empty for the whole of it. */
  readonly path: string;
  readonly kind: string | undefined;
  readonly metadata: unknown;
}

function* metadataOf(source: Source): Generator<FoundMetadata> {
  for (const value of valuesOf(source)) yield* metadataIn(value, '', source.file);
}

function* metadataIn(value: unknown, path: string, file: string): Generator<FoundMetadata> {
  const { kind, items, metadata } = Object(value) as { kind?: unknown; items?: unknown; metadata?: unknown };
  const field = (name: string) => (path === '' ? name : `${path}.${name}`);
  if (Array.isArray(items) && (kind === undefined || String(kind).endsWith('List'))) {
    for (const [index, item] of items.entries()) yield* metadataIn(item, `${field('items')}[${index}]`, file);
  } else if (kind === undefined && metadata === undefined) {
    yield { path, kind: undefined, metadata: value };
  } else if ([undefined, 'Pod', 'PartialObjectMetadata', 'Namespace'].includes(kind as string | undefined)) {
    yield { path: field('metadata'), kind: kind as string | undefined, metadata: metadata ?? null };
  } else {
    const what = typeof kind === 'string' ? `a ${kind}` : 'a kind that is no text';
    const message = `${path === '' ? 'holds' : `${path} is`} ${what}, not a Pod; ${advice}`;
    throw new InputError({ file, message });
  }
}

/** A cluster's Pods can be 100 MB of JSON, which the YAML parser takes minutes for. */
function valuesOf(source: Source): unknown[] {
  if (/^\s*[[{]/.test(source.text)) {
    try {
      return [JSON.parse(source.text)];
    } catch {
      // YAML has flow style, too, and its parser names the line.
    }
  }
  return parseDocuments(source).map(({ value }) => value);
}
