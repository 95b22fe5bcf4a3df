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
 * how many Pods there are, a folder with cert.pem and key.pem, and what Pods carry already: what the one LuaPlugin gives
 * whose type the parent sends (`plugin`), or their Deployment (`standard`), by ReplicaSets of 5 Pods each. It says its
 * port to its parent, and on being asked for `calls` what it was asked for, by verb and resource.
 */
const [count, folder, resolved] = [
  Number(process.argv[2]),
  process.argv[3] ?? '',
  process.argv[4] ?? 'plugin',
];
const podsPerSet = 5;
const bookmarkMs = 10_000;

type Annotations = Readonly<Record<string, string | null>>;

const podType = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' };
const pluginType = { kind: 'LuaPlugin', apiVersion: 'luaplugin.dev/v1alpha1' };
const pods = '/api/v1/pods';
const sets = '/apis/apps/v1/replicasets';
const plugins = '/apis/luaplugin.dev/v1alpha1/luaplugins';

/** What was written to each Pod, by its number, and its resourceVersion. */
const written = new Map<number, { readonly annotations: Annotations; readonly resourceVersion: string }>();
let firstType = '';
const groups = ['apps', 'batch'].map((name) => ({ name, versions: [{ groupVersion: `${name}/v1` }] }));
const served: Readonly<Record<string, readonly object[]>> = {
  '/apis/apps/v1': [{ name: 'replicasets', kind: 'ReplicaSet', namespaced: true }],
  '/apis/batch/v1': [{ name: 'jobs', kind: 'Job', namespaced: true }],
};
const watches = new Map<ServerResponse, string>();
let version = 1_000_000;
let plugin: LuaPlugin | undefined;
const numberOf = new Map<string, number>();
for (let index = 0; index < count; index += 1) numberOf.set(makePod(index).metadata.name, index);

const calls: Record<string, number> = {};
const standard = resolved === 'standard';

function setAt(index: number): KubeObject {
  const { namespace = '', labels = {} } = makePod(index * podsPerSet).metadata;
  const app = `${labels.app}-${index % 4}`;
  const uid = (seed: string) =>
    `00000000-0000-4000-8000-${seed}${String(index).padStart(12 - seed.length, '0')}`;
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: app, uid: uid('d'), controller: true };
  const metadata = { name: `${app}-66d4b8c9f`, namespace, uid: uid('a'), resourceVersion: '1000', labels };
  return { metadata: { ...metadata, ownerReferences: [owner] } };
}

function podAt(index: number): KubeObject {
  const pod = makePod(index);
  if (standard) {
    const { name, uid, ownerReferences: [above] = [] } = setAt(Math.floor(index / podsPerSet)).metadata;
    const [owner] = pod.metadata.ownerReferences ?? [];
    if (owner !== undefined) pod.metadata.ownerReferences = [{ ...owner, name, uid }];
    pod.metadata.annotations = {
      ...pod.metadata.annotations,
      'luaplugin.dev/workload-type': 'Deployment',
      'luaplugin.dev/workload-name': above?.name ?? '',
      'luaplugin.dev/resolved-by': 'standard',
    };
    return pod;
  }
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

function listPages(
  response: ServerResponse,
  query: URLSearchParams,
  all: number,
  objectAt: (index: number) => KubeObject,
): void {
  const from = Number(query.get('continue') ?? 0);
  const to = Math.min(all, from + Number(query.get('limit') ?? all));
  const items = Array.from({ length: to - from }, (_, index) => ({ ...podType, ...objectAt(from + index) }));
  list(response, 'PartialObjectMetadataList', items, to < all ? String(to) : '');
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
  const call = `${searchParams.has('watch') ? 'watch' : request.method} ${pathname.replace(/\/namespaces\/.*/, '/…')}`;
  calls[call] = (calls[call] ?? 0) + 1;
  if (request.method === 'PATCH' && pathname.startsWith(plugins)) return patchPlugin(request, response);
  if (request.method === 'PATCH') return patchPod(request, response, name);
  if (request.method !== 'GET') return answer(response, JSON.parse(await text(request)) as object, 201);
  if (searchParams.has('watch')) return watch(response, pathname);
  if (pathname === pods) return listPages(response, searchParams, count, podAt);
  if (pathname === sets) return listPages(response, searchParams, count / podsPerSet, setAt);
  if (pathname === '/apis/batch/v1/jobs') return list(response, 'PartialObjectMetadataList', []);
  if (pathname === '/apis') return answer(response, { kind: 'APIGroupList', groups });
  const resources = served[pathname];
  if (resources !== undefined) return answer(response, { kind: 'APIResourceList', resources });
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
process.on('message', (message: { readonly type?: string }) => {
  if (message.type === undefined) process.send?.({ calls });
  else apply(message.type);
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
