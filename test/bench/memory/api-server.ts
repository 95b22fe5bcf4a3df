import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { LuaPlugin } from '../../../operator/api/generated.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { makePod } from './pods.ts';

/**
 * As much of an API server as the operator needs to keep very many Pods, as a program of its own: lists in pages,
 * watches without end, patches. A real one would take minutes and gigabytes for what is not measured here. Arguments:
 * how many Pods there are, and a folder with cert.pem and key.pem. It says its port to its parent, and takes from it the
 * type that the one LuaPlugin gives; all Pods carry the first one already.
 */
const [count, folder] = [Number(process.argv[2]), process.argv[3] ?? ''];
const bookmarkMs = 10_000;

type Annotations = Readonly<Record<string, string | null>>;

const podType = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' };
const pluginType = { kind: 'LuaPlugin', apiVersion: 'luaplugin.dev/v1alpha1' };
const pods = '/api/v1/pods';
const plugins = '/apis/luaplugin.dev/v1alpha1/luaplugins';

/** What was written to each Pod, by its number, and its resourceVersion. */
const written = new Map<number, { readonly annotations: Annotations; readonly resourceVersion: string }>();
let firstType = '';
const watches = new Map<ServerResponse, string>();
let version = 1_000_000;
let plugin: LuaPlugin | undefined;
const numberOf = new Map<string, number>();
for (let index = 0; index < count; index += 1) numberOf.set(makePod(index).metadata.name, index);

function podAt(index: number): KubeObject {
  const pod = makePod(index);
  const { resourceVersion, annotations: own } = written.get(index) ?? {
    resourceVersion: pod.metadata.resourceVersion,
    annotations: {
      'luaplugin.dev/workload-type': firstType,
      'luaplugin.dev/workload-name': pod.metadata.labels?.app ?? '',
      'luaplugin.dev/resolved-by': 'LuaPlugin/bench',
    },
  };
  const annotations = merged(pod.metadata.annotations, own);
  return { metadata: { ...pod.metadata, resourceVersion, annotations } } as KubeObject;
}

function merged(base: Annotations | undefined, patch: Annotations): Record<string, string> {
  const entries = Object.entries({ ...base, ...patch });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}

function tell(path: string, type: 'ADDED' | 'MODIFIED', object: object): void {
  const line = `${JSON.stringify({ type, object })}\n`;
  for (const [response, watched] of watches) if (watched === path) response.write(line);
}

function answer(response: ServerResponse, body: object, code = 200): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function list(response: ServerResponse, kind: string, items: readonly object[], next = ''): void {
  answer(response, {
    kind,
    apiVersion: 'v1',
    metadata: { resourceVersion: String(version), continue: next },
    items,
  });
}

function listPods(response: ServerResponse, query: URLSearchParams): void {
  const from = Number(query.get('continue') ?? 0);
  const to = Math.min(count, from + Number(query.get('limit') ?? count));
  const items = Array.from({ length: to - from }, (_, index) => ({ ...podType, ...podAt(from + index) }));
  list(response, 'PartialObjectMetadataList', items, to < count ? String(to) : '');
}

async function patchPod(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
  const patch = JSON.parse(await text(request)) as { metadata: { annotations: Annotations } };
  const index = numberOf.get(name);
  if (index === undefined) return answer(response, { kind: 'Status', code: 404, reason: 'NotFound' }, 404);
  version += 1;
  written.set(index, { annotations: patch.metadata.annotations, resourceVersion: String(version) });
  const pod = { ...podType, ...podAt(index) };
  answer(response, pod);
  tell(pods, 'MODIFIED', pod);
}

async function patchPlugin(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const patch = JSON.parse(await text(request)) as Partial<LuaPlugin>;
  if (plugin === undefined) return answer(response, { kind: 'Status', code: 404, reason: 'NotFound' }, 404);
  version += 1;
  const metadata = { ...plugin.metadata, resourceVersion: String(version) };
  plugin = { ...plugin, metadata, status: { ...plugin.status, ...patch.status } };
  answer(response, plugin);
  tell(plugins, 'MODIFIED', plugin);
}

function watch(response: ServerResponse, path: string): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  watches.set(response, path);
  response.on('close', () => watches.delete(response));
}

/** A plugin that gives every Pod this type, and for a name its label `app`. */
function apply(workloadType: string): void {
  firstType ||= workloadType;
  version += 1;
  const script = `local json = require("dkjson")
function GetWorkloadTypeAndName(text) return "${workloadType}", json.decode(text, 1, nil).labels.app end`;
  const type = plugin === undefined ? 'ADDED' : 'MODIFIED';
  const generation = (plugin?.metadata.generation ?? 0) + 1;
  const metadata = { name: 'bench', uid: 'bench', generation, resourceVersion: String(version) };
  const { status } = plugin ?? {};
  const spec = { script } as LuaPlugin['spec'];
  plugin = { ...pluginType, metadata, spec, ...(status === undefined ? {} : { status }) } as LuaPlugin;
  tell(plugins, type, plugin);
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
  const name = pathname.split('/').at(-1) ?? '';
  if (request.method === 'PATCH' && pathname.startsWith(plugins)) return patchPlugin(request, response);
  if (request.method === 'PATCH') return patchPod(request, response, name);
  if (request.method !== 'GET') return answer(response, JSON.parse(await text(request)) as object, 201);
  if (searchParams.has('watch')) return watch(response, pathname);
  if (pathname === pods) return listPods(response, searchParams);
  if (pathname === plugins) return list(response, 'LuaPluginList', plugin ? [plugin] : []);
  if (pathname === '/api/v1/namespaces') return list(response, 'PartialObjectMetadataList', []);
  answer(response, { kind: 'Status', code: 404, reason: 'NotFound' }, 404);
}

const tls = { cert: readFileSync(`${folder}/cert.pem`), key: readFileSync(`${folder}/key.pem`) };
const server = createServer(tls, (request, response) => {
  serve(request, response).catch((error: unknown) => {
    process.stderr.write(`${request.method} ${request.url}: ${String(error)}\n`);
    response.destroy();
  });
});
setInterval(() => {
  for (const [response, path] of watches) {
    const type = path === plugins ? pluginType : podType;
    const object = { ...type, metadata: { resourceVersion: String(version) } };
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }
}, bookmarkMs);
process.on('message', (message: { readonly type: string }) => apply(message.type));
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
