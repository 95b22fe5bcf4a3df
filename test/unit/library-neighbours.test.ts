import { expect } from 'chai';
import { parse } from 'yaml';
import { readLibrary } from '../../build/generate/library.ts';
import type { LuaPlugin } from '../../operator/api/generated.ts';
import { compileMatch } from '../../operator/api/selectors.ts';
import { validateLuaPlugin } from '../../operator/api/validate.ts';
import type { ObjectMeta } from '../../operator/kube/client/types.ts';
import { silentLogger } from '../../operator/observability/logging.ts';
import { SandboxHost } from '../../operator/sandbox/host-client.ts';
import { loadExample } from '../support/example-program.ts';

/** A Pod that looks like one of the library's, and where that was read. */
interface Neighbour {
  readonly pod: string;
  readonly source: string;
  readonly metadata: ObjectMeta;
}

function pod(name: string, kind: string, owner: string, labels: Record<string, string>): ObjectMeta {
  const ownerReferences = [
    {
      apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
      kind,
      name: owner,
      uid: `of ${owner}`,
      controller: true,
    },
  ];
  return { name, namespace: 'default', uid: `of ${name}`, labels, ownerReferences };
}

/** What Helm charts set on the Pods of `name`, installed as `instance`. */
function chartLabels(name: string, instance: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/instance': instance,
    'app.kubernetes.io/managed-by': 'Helm',
    'helm.sh/chart': `${name}-1.0.0`,
  };
}

const bitnami = 'bitnami/charts bitnami/common/templates/_labels.tpl (common.labels.standard)';

const neighbours: readonly Neighbour[] = [
  {
    pod: "a MariaDB of Bitnami's chart",
    source: bitnami,
    metadata: pod('shop-0', 'StatefulSet', 'shop', {
      ...chartLabels('mariadb', 'shop'),
      'app.kubernetes.io/component': 'primary',
    }),
  },
  {
    pod: "a RabbitMQ of Bitnami's chart that was given the cluster operator's labels and a name like its own",
    source: bitnami,
    metadata: pod('rabbitmq-server-0', 'StatefulSet', 'rabbitmq-server', {
      ...chartLabels('rabbitmq', 'queue'),
      'app.kubernetes.io/component': 'rabbitmq',
      'app.kubernetes.io/part-of': 'rabbitmq',
    }),
  },
  {
    pod: "a Valkey of Bitnami's chart",
    source: bitnami,
    metadata: pod('cache-0', 'StatefulSet', 'cache', chartLabels('valkey', 'cache')),
  },
  ...['keycloak', 'minio', 'mongodb', 'mysql', 'postgresql', 'prometheus', 'solr'].map((name) => ({
    pod: `a ${name} of Bitnami's chart`,
    source: bitnami,
    metadata: pod(`shop-${name}-0`, 'StatefulSet', `shop-${name}`, {
      ...chartLabels(name, 'shop'),
      'app.kubernetes.io/component': name,
    }),
  })),
  {
    pod: 'a vcluster, which is a StatefulSet like any other',
    source: 'loft-sh/vcluster chart/templates/statefulset.yaml',
    metadata: pod('team-a-0', 'StatefulSet', 'team-a', { app: 'vcluster', release: 'team-a' }),
  },
  {
    pod: 'a VoyageAI, which the operator of MongoDB labels as no database',
    source: 'mongodb/mongodb-kubernetes controllers/operator/voyageai_controller.go (voyageAIPodLabels)',
    metadata: pod('embed-6f5c9b8d47-m2xkt', 'ReplicaSet', 'embed-6f5c9b8d47', {
      'app.kubernetes.io/name': 'voyageai',
      'app.kubernetes.io/instance': 'embed',
    }),
  },
  {
    pod: 'the backup of an Oracle MySQL, which has the label of its cluster alone',
    source: 'mysql/mysql-operator mysqloperator/controller/backup/backup_objects.py',
    metadata: pod('shop-backup-x2x4z', 'Job', 'shop-backup', { 'mysql.oracle.com/cluster': 'shop' }),
  },
  {
    pod: "a query node of Milvus' chart",
    source: 'zilliztech/milvus-helm charts/milvus/templates/_helpers.tpl (milvus.labels)',
    metadata: pod('vectors-querynode-6f5c9b8d47-m2xkt', 'ReplicaSet', 'vectors-querynode-6f5c9b8d47', {
      ...chartLabels('milvus', 'vectors'),
      component: 'querynode',
    }),
  },
  {
    pod: 'a gateway of kgateway, whose label of the Gateway is that of the Gateway API',
    source: 'kgateway-dev/kgateway internal/kgateway/helm/kgateway/templates/gateway/proxy-deployment.yaml',
    metadata: pod('web-6f5c9b8d47-m2xkt', 'ReplicaSet', 'web-6f5c9b8d47', {
      kgateway: 'kube-gateway',
      'app.kubernetes.io/name': 'web',
      'app.kubernetes.io/instance': 'web',
      'gateway.networking.k8s.io/gateway-name': 'web',
    }),
  },
  {
    pod: "the monitor of a TidbCluster, which has a resource of its own but the cluster's labels",
    source: 'pingcap/tidb-operator pkg/apis/label/label.go (NewMonitor)',
    metadata: pod('basic-monitor-0', 'StatefulSet', 'basic-monitor', {
      'app.kubernetes.io/name': 'tidb-cluster',
      'app.kubernetes.io/instance': 'basic',
      'app.kubernetes.io/component': 'monitor',
      'app.kubernetes.io/managed-by': 'tidb-operator',
    }),
  },
  {
    pod: 'a StatefulSet that Kueue admits, whose Pods it puts into a group',
    source: 'kubernetes-sigs/kueue pkg/controller/jobs/statefulset/statefulset_pod_reconciler.go',
    metadata: {
      ...pod('web-0', 'StatefulSet', 'web', {
        'kueue.x-k8s.io/managed': 'true',
        'kueue.x-k8s.io/queue-name': 'serving',
      }),
      annotations: { 'kueue.x-k8s.io/pod-group-name': 'statefulset-web-5f8c2' },
    },
  },
];

describe("Pods that look like those of the library's operators", () => {
  const sandbox = new SandboxHost({ logger: silentLogger });
  const plugins: LuaPlugin[] = [];

  before('start the sandbox and load every plugin', async () => {
    await sandbox.start();
    for (const { name, text } of await readLibrary()) {
      const result = validateLuaPlugin(parse(text));
      if (!result.ok) expect.fail(`${name} is not valid`);
      expect(await loadExample(sandbox, name, result.plugin), name).to.equal(undefined);
      plugins.push(result.plugin);
    }
  });
  after('stop the sandbox', () => sandbox.stop());

  for (const { pod: title, source, metadata } of neighbours) {
    it(`leaves to the owners: ${title} (${source.split(' ', 1)[0]})`, async () => {
      const asked = plugins.filter(({ spec }) => compileMatch(spec.match, () => undefined)(metadata));
      const [steps = []] = await sandbox.evaluate([
        { metadata: JSON.stringify(metadata), programs: asked.map((plugin) => plugin.metadata.name) },
      ]);
      expect(steps.filter(({ answer }) => answer.result !== 'skipped')).to.deep.equal([]);
    });
  }
});
