import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { LuaPlugin } from '../../../operator/api/generated.ts';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { patientLimits, useOperator } from '../../support/operator.ts';

const plugins = '/apis/luaplugin.dev/v1alpha1/luaplugins';

function says(name: string): string {
  return `function GetWorkloadTypeAndName(text) return "Cluster", "${name}" end`;
}

describe('what an author can do to the operator, on a real API server', () => {
  const fixture = useControlPlane();
  const lab = useOperator(fixture);
  const { namespace } = fixture;
  const api = () => fixture.plane.api;

  const ready = (plugin: string, text: string, timeoutMs = 30_000) =>
    eventually(
      `Ready of ${plugin} to say ${text}`,
      async () => {
        expect((await lab.conditionsOf(plugin)).Ready).to.contain(text);
        return true;
      },
      { timeoutMs },
    );

  before('create a Pod', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'db-0' });
  });

  it('tests that loop are ended, and refuse the revision while the last one serves on', async () => {
    await lab.applyPlugin('looping', { script: says('good') });
    await ready('looping', 'True Serving');
    const loop = 'function GetWorkloadTypeAndName(text) while true do pcall(error) end end';
    const tests = [1, 2, 3].map((number) => ({
      name: `case ${number}`,
      metadata: { name: 'x' },
      expect: { skip: true },
    }));
    await lab.applyPlugin('looping', { script: loop, tests, limits: { timeout: '50ms' } });
    await ready('looping', 'False TestsFailed: 3 of 3 tests failed; case 1');
    expect((await lab.conditionsOf('looping')).Serving).to.match(/^True/);
    const { status } = await lab.getPlugin('looping');
    expect(status?.tests?.failures?.map(({ message }) => message)).to.include(
      'not run: the test "case 1" had to be stopped',
    );
  });

  it('a schema of parameters that is none is refused, and says where', async () => {
    await lab.applyPlugin('no-schema', { script: says('x'), parametersSchema: { type: 'nonsense' } });
    await ready('no-schema', 'False InvalidParameters: spec.parametersSchema');
    expect((await lab.conditionsOf('no-schema')).Stalled).to.match(/^True InvalidParameters/);
  });

  it('a schema that refers to another host is refused, and nothing is fetched', async () => {
    let requests = 0;
    const server = createServer((_request, response) => {
      requests += 1;
      response.end('{"type": "object"}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const $ref = `http://127.0.0.1:${(server.address() as AddressInfo).port}/schema.json`;
      await lab.applyPlugin('remote', { script: says('x'), parameters: {}, parametersSchema: { $ref } });
      await ready('remote', 'False InvalidParameters');
      expect((await lab.conditionsOf('remote')).Ready).to.contain(`can't resolve reference ${$ref}`);
      expect(requests).to.equal(0);
    } finally {
      server.close();
    }
  });

  it('a name of 253 characters is one like any other', async () => {
    const name = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
    expect(name).to.have.length(253);
    await lab.applyPlugin(name, { script: says('long'), priority: 100 });
    await ready(name, 'True Serving');
    await eventually('the Pod to carry it', async () => {
      return (await lab.workloadOf('db-0')) === `Cluster long by LuaPlugin/${name}`;
    });
    await eventually('its revision to be kept', async () => {
      const path = '/apis/apps/v1/namespaces/luaplugin-system/controllerrevisions';
      const { items } = await api().request<{
        items: { metadata: { name: string; ownerReferences: object[] } }[];
      }>('GET', path);
      return items.some(({ metadata }) => JSON.stringify(metadata.ownerReferences).includes(name));
    });
    await eventually('its Event', async () => {
      const { stdout } = await fixture.plane.kubectl(['get', 'events', '-n', 'default', '-o', 'json']);
      return stdout.includes(name);
    });
    await lab.applyPlugin(name, { script: 'this is no Lua', priority: 100 });
    await ready(name, 'False CompileError');
    await fixture.plane.kubectl(['delete', 'luaplugin', name]);
  });

  it('a status that somebody else writes is put right, and a condition of theirs is left alone', async () => {
    await lab.applyPlugin('meddled', { script: says('meddled') });
    await ready('meddled', 'True Serving');
    const time = '2026-01-01T00:00:00Z';
    const theirs = {
      type: 'Approved',
      status: 'True',
      reason: 'Theirs',
      message: '',
      lastTransitionTime: time,
    };
    const lie = { type: 'Ready', status: 'False', reason: 'Lie', message: '', lastTransitionTime: time };
    await fixture.plane.kubectl([
      ...['patch', 'luaplugin', 'meddled', '--subresource=status', '--type=merge', '-p'],
      JSON.stringify({ status: { observedGeneration: 77, podsResolved: 5, conditions: [lie, theirs] } }),
    ]);
    const conditions = await eventually('the status to be right', async () => {
      const { status, metadata } = await lab.getPlugin('meddled');
      return status?.observedGeneration === metadata.generation && (await lab.conditionsOf('meddled'));
    });
    expect(conditions.Ready).to.match(/^True Serving/);
    expect(conditions.Approved).to.equal('True Theirs: ');
  });

  it('a plugin that is changed 100 times, as fast as the server takes it, ends as it was written last', async () => {
    await lab.applyPlugin('restless', { script: says('change-0'), priority: 50 });
    const change = (number: number) =>
      api().request('PATCH', `${plugins}/restless`, { spec: { script: says(`change-${number}`) } });
    for (let number = 1; number <= 100; number += 1) await change(number);
    await eventually(
      'the last change to be on the Pod',
      async () => (await lab.workloadOf('db-0')) === 'Cluster change-100 by LuaPlugin/restless',
    );
    await ready('restless', 'True Serving');
    const { metadata, status } = await lab.getPlugin('restless');
    expect(metadata.generation).to.equal(101);
    expect(status?.activeRevision).to.include({ generation: 101 });
    expect((await lab.metric('luaplugin_sandbox_restarts_total{reason="crash"}')) ?? 0).to.equal(0);
  });

  it('200 plugins that are applied at once all serve, and leave nothing behind', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `crowd-${index}`);
    const spec = { priority: -10, match: { namespaces: { include: [namespace] } }, limits: patientLimits };
    await Promise.all(
      names.map((name) =>
        api().request('POST', plugins, {
          apiVersion: 'luaplugin.dev/v1alpha1',
          kind: 'LuaPlugin',
          metadata: { name, labels: { crowd: 'yes' } },
          spec: { ...spec, script: says(name) },
        }),
      ),
    );
    try {
      await eventually('all 200 to be ready', async () => {
        const list = await api().request<{ items: LuaPlugin[] }>(
          'GET',
          `${plugins}?labelSelector=crowd%3Dyes`,
        );
        const good = list.items.filter(({ status }) =>
          status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True'),
        );
        expect(good).to.have.length(200);
        return true;
      });
    } finally {
      await api().request('DELETE', `${plugins}?labelSelector=crowd%3Dyes`);
    }
    await eventually('their series to go', async () => {
      const text = await (await fetch(`${lab.operator.url}/metrics`)).text();
      return !text.includes('plugin="crowd-');
    });
    expect((await fetch(`${lab.operator.url}/readyz`)).status).to.equal(200);
  });
});
