import { expect } from 'chai';
import { createAdvancedStatefulSet, createPod, type KubeObject } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { configDirectory } from '../../support/manifests.ts';
import { type OperatorFixture, useOperator } from '../../support/operator.ts';
import { useLuapluginOn } from '../luaplugin/on-cluster.ts';

const type = 'luaplugin.dev/workload-type';
const name = 'luaplugin.dev/workload-name';
const attribute = (of: string) => `resource.opentelemetry.io/${of}`;
const writes = 'luaplugin_pod_writes_total{result="success"}';

describe('what the config has mirrored, on a real API server', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const cli = useLuapluginOn(fixture);
  const long = 'x'.repeat(64);

  const metadataOf = async (pod: string) => {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}`;
    return (await fixture.plane.api.request<KubeObject>('GET', path)).metadata;
  };
  const kubectl = (...args: string[]) => fixture.plane.kubectl([...args, '-n', namespace]);
  const settled = (lab: OperatorFixture, pod: string, workload: string) =>
    eventually(`the annotations of ${pod}`, async () => (await lab.workloadOf(pod)) === workload);
  /** What `luaplugin explain` says of a Pod, under a config. */
  const explained = async (pod: string, config: string) => {
    await cli.write(
      'config.yaml',
      `apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\n${config}\n`,
    );
    return (await cli.run(['explain', 'pod', `${namespace}/${pod}`, '--config', 'config.yaml'])).stdout;
  };
  /** Resolves once the operator has looked at all that is there. */
  const idle = async (lab: OperatorFixture) => {
    await createPod(fixture.plane.api, { namespace, name: `idle-${Date.now()}` });
    await eventually('the queue to be empty', async () => {
      const pods = (await kubectl('get', 'pods', '-o', 'json')).stdout;
      const all: KubeObject[] = JSON.parse(pods).items;
      return (
        all.every(({ metadata }) => metadata.annotations?.[type] !== undefined) &&
        (await lab.metric('workqueue_depth{name="pod"}')) === 0 &&
        (await lab.metric('controller_runtime_active_workers{controller="pod"}')) === 0
      );
    });
  };

  describe('switched on', () => {
    const lab = useOperator(fixture, 'mirror: {labels: true, openTelemetry: true}');

    it('stands in labels and in annotations of OpenTelemetry, by the one PATCH that annotates the Pod', async () => {
      await createAdvancedStatefulSet(fixture.plane.api, { namespace, name: 'db' });
      await settled(lab, 'db-0', 'StatefulSet db by standard');
      const { labels, annotations } = await metadataOf('db-0');
      expect(labels).to.include({ [type]: 'StatefulSet', [name]: 'db' });
      expect(annotations).to.include({ [attribute('k8s.statefulset.name')]: 'db' });
      expect(annotations).not.to.have.property(attribute('service.name'));
      const written = lab.operator
        .logs()
        .filter(({ msg, pod }) => /annotated/.test(msg) && `${pod}`.endsWith('/db-0'));
      expect(written).to.have.length(1);
      const { stdout } = await kubectl('get', 'pods', '-l', `${name}=db`, '-o', 'name');
      expect(stdout.trim()).to.equal('pod/db-0');
    });

    it('follows a plugin, leaves out a name that can be no label, and says so once', async () => {
      const script = `
        function GetWorkloadTypeAndName(text)
          local meta = require("dkjson").decode(text, 1, nil)
          assert(not (meta.labels or {})["${name}"], "sees the mirror")
          if meta.name:sub(1, 4) == "long" then return "Shop", "${long}" end
          if meta.name == "db-0" then return "Shop", "db" end
          return "", ""
        end`;
      for (const pod of ['long-0', 'long-1']) await createPod(fixture.plane.api, { namespace, name: pod });
      await lab.applyPlugin('mirrored', { script });
      await settled(lab, 'db-0', 'Shop db by LuaPlugin/mirrored');
      for (const pod of ['long-0', 'long-1']) await settled(lab, pod, `Shop ${long} by LuaPlugin/mirrored`);
      const { labels, annotations = {} } = await metadataOf('db-0');
      expect(labels).to.include({ [type]: 'Shop', [name]: 'db' });
      expect(annotations).to.include({ [attribute('k8s.workload.kind')]: 'Shop' });
      expect(annotations, 'of the former type').not.to.have.property(attribute('k8s.statefulset.name'));
      const other = await metadataOf('long-0');
      expect(other.labels).to.deep.equal({ [type]: 'Shop' });
      expect(other.annotations).to.include({ [attribute('k8s.workload.name')]: long });
      const told = lab.operator.logs().filter(({ level, msg }) => level === 'warn' && /no label/.test(msg));
      expect(told).to.have.length(1);
      expect((await lab.getPlugin('mirrored')).status?.lastErrors ?? []).to.deep.equal([]);
    });

    it('leaves alone what somebody else set', async () => {
      await createPod(fixture.plane.api, {
        namespace,
        name: 'theirs',
        labels: { [type]: 'Mine' },
        annotations: { [attribute('k8s.workload.name')]: 'mine', [attribute('service.name')]: 'shop' },
      });
      await lab.applyPlugin('theirs', {
        priority: 1,
        script: 'function GetWorkloadTypeAndName() return "Shop", "theirs" end',
        match: { namespaces: { include: [namespace] }, podSelector: { matchLabels: { [type]: 'Mine' } } },
      });
      await settled(lab, 'theirs', 'Shop theirs by LuaPlugin/theirs');
      const { labels, annotations } = await metadataOf('theirs');
      expect(labels).to.deep.equal({ [type]: 'Mine', [name]: 'theirs' });
      expect(annotations).to.include({
        [attribute('k8s.workload.kind')]: 'Shop',
        [attribute('k8s.workload.name')]: 'mine',
        [attribute('service.name')]: 'shop',
      });
      await kubectl('label', 'pod', 'db-0', `${name}=by-hand`, '--overwrite');
      await idle(lab);
      expect((await metadataOf('db-0')).labels).to.include({ [name]: 'by-hand' });
    });

    it('is no reason to write after a restart', async () => {
      await idle(lab);
      expect(await lab.restart()).to.equal(0);
      await eventually('all Pods to be looked at', async () => {
        const resolved = await lab.metric('luaplugin_pods{plugin="mirrored"}');
        return resolved === 3 && (await lab.metric('workqueue_depth{name="pod"}')) === 0;
      });
      expect(await lab.metric(writes)).to.equal(0);
    });

    it('is explained', async () => {
      const { stdout } = await cli.run(['explain', 'pod', `${namespace}/db-0`]);
      expect(stdout).to.match(new RegExp(`label ${name}\\s+by-hand\\s+kubectl-label`));
      expect(stdout).to.match(
        /resource\.opentelemetry\.io\/k8s\.workload\.kind\s+Shop\s+lua-plugin-operator/,
      );
      expect(await explained('theirs', 'mirror: {labels: true, openTelemetry: true}')).to.match(
        /^As expected: /m,
      );
      expect(await explained('theirs', 'mirror: {labels: true}')).to.match(
        /^Differs: .* should carry no annotation resource\.opentelemetry\.io\/k8s\.workload\.kind \(mirror\): /m,
      );
    });
  });

  describe('switched off again', () => {
    const lab = useOperator(fixture);

    it('is taken off, but not what somebody else set; the annotations stay', async () => {
      await eventually('labels and attributes to be gone', async () => {
        const { labels, annotations = {} } = await metadataOf('long-0');
        return labels === undefined && annotations[attribute('k8s.workload.kind')] === undefined;
      });
      expect((await metadataOf('long-0')).annotations).to.have.property(type);
      await idle(lab);
      const { labels, annotations } = await metadataOf('theirs');
      expect(labels).to.deep.equal({ [type]: 'Mine' });
      expect(annotations).to.include({ [attribute('k8s.workload.name')]: 'mine' });
      expect((await metadataOf('db-0')).labels).to.include({ [name]: 'by-hand' });
    });
  });

  describe('while config/policy does not allow it', () => {
    const lab = useOperator(fixture, 'mirror: {labels: true}');

    /** Whether the policy lets the operator have this label. */
    const allows = async (label: string) => {
      const as = '--as=system:serviceaccount:luaplugin-system:lua-plugin-operator';
      const words = ['label', 'pod', 'theirs', '-n', namespace, '--overwrite', '--dry-run=server'];
      const args = [...words, `${label}=x${Date.now()}`, as, '--as-group=system:masters'];
      return (await fixture.plane.kubectl(args, { allowFailure: true })).code === 0;
    };

    before(async () => {
      await fixture.plane.kubectl(['apply', '-k', configDirectory('policy')]);
      await eventually('the policy to be in force', async () => !(await allows(name)));
    });
    after(() => fixture.plane.kubectl(['delete', '-k', configDirectory('policy')]));

    it('costs no Pod its annotations; the log and an Event say once what to do', async () => {
      await lab.restart();
      for (const pod of ['new-0', 'new-1']) {
        await createPod(fixture.plane.api, { namespace, name: pod });
        await settled(lab, pod, `Pod ${pod} by standard`);
        expect(await metadataOf(pod)).not.to.have.property('labels');
      }
      expect(await explained('new-0', 'mirror: {labels: true}')).to.match(
        /^Differs: it carries Pod new-0 by standard, and should carry the label .*config\/policy/m,
      );
      const told = () => lab.operator.logs().filter(({ msg }) => msg.includes("policy's variable mirror"));
      expect(told()).to.have.length(1);
      expect(told()[0]).to.include({ level: 'warn' });
      const { items } = await eventually('the Event', async () => {
        const selector = '--field-selector=reason=MirrorRefused';
        const { stdout } = await fixture.plane.kubectl(['get', 'events', '-A', selector, '-o', 'json']);
        const events = JSON.parse(stdout);
        return events.items.length > 0 && events;
      });
      expect(items[0].involvedObject).to.include({ kind: 'Namespace', name: namespace });
      expect(items[0].related).to.include({
        kind: 'ValidatingAdmissionPolicy',
        name: 'lua-plugin-operator-pods',
      });
    });

    it('is written once the policy allows it', async () => {
      await fixture.plane.kubectl([
        'patch',
        'validatingadmissionpolicy',
        'lua-plugin-operator-pods',
        '--type=json',
        '-p',
        JSON.stringify([{ op: 'replace', path: '/spec/variables/1/expression', value: "['labels']" }]),
      ]);
      await eventually('the policy to allow it', () => allows(name));
      expect(await allows('app'), 'another label').to.equal(false);
      await lab.restart();
      await eventually('the labels', async () => (await metadataOf('new-0')).labels?.[name] === 'new-0');
    });
  });

  describe('after the operator', () => {
    it('is taken off by luaplugin cleanup, too', async () => {
      const { code, stdout } = await cli.run(['cleanup', '--yes', '--force', '-o', 'json']);
      expect({ code, failures: JSON.parse(stdout).failures }).to.deep.equal({ code: 0, failures: [] });
      expect(await metadataOf('new-0')).not.to.have.any.keys('labels', 'annotations');
      expect((await metadataOf('theirs')).labels).to.deep.equal({ [type]: 'Mine' });
    });
  });
});
