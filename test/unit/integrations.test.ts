import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { AnnotationKeys } from '../../operator/pods/annotations/annotations.ts';
import { fencedBlock, fencedBlocks } from '../support/pages.ts';

const directory = fileURLToPath(new URL('../../docs/integrations/', import.meta.url));
const pages = readdirSync(directory);
const textOf = (page: string) => readFileSync(join(directory, page), 'utf8');

/** The only YAML block of a page with this text, parsed. */
const yaml = async (page: string, text: string) =>
  parse(await fencedBlock(`docs/integrations/${page}`, 'yaml', text));

describe('the pages about other tools', () => {
  it('are all in the index', () => {
    const index = textOf('README.md');
    for (const page of pages.filter((name) => name !== 'README.md')) {
      expect(index, page).to.include(`](${page})`);
    }
  });

  it('have configs that are YAML and JSON', async () => {
    for (const page of pages) {
      for (const language of ['yaml', 'json']) {
        for (const block of await fencedBlocks(`docs/integrations/${page}`, language)) {
          expect(parse(block), `${page}:\n${block}`).to.be.an(block.startsWith('- ') ? 'array' : 'object');
        }
      }
    }
  });

  it('name annotations that the operator writes, and no others', () => {
    const { type, name, resolvedBy } = new AnnotationKeys('luaplugin.dev');
    for (const page of pages) {
      const keys = textOf(page).match(/luaplugin\.dev\/[-a-z]+[a-z]/g) ?? [];
      // A regular expression of DeepFlow's ends within the key.
      const known = [type, name, resolvedBy, 'luaplugin.dev/workload'];
      expect(known, page).to.include.members(keys);
    }
  });

  it('relabel in a PodMonitor as in a scrape config', async () => {
    const { scrape_configs } = await yaml('prometheus.md', 'job_name: pods');
    const { spec } = await yaml('prometheus.md', 'PodMonitor');
    const [, ...relabelings] = scrape_configs[0].relabel_configs;
    expect(spec.podMetricsEndpoints[0].relabelings).to.deep.equal(
      relabelings.map(({ source_labels, target_label }: Record<string, unknown>) => ({
        sourceLabels: source_labels,
        targetLabel: target_label,
      })),
    );
  });

  it('give Datadog the same tags by Helm, its operator and the environment', async () => {
    const { datadog } = await yaml('datadog.md', 'datadog:\n  kubernetes');
    const tags = datadog.kubernetesResourcesAnnotationsAsTags;
    const { spec } = await yaml('datadog.md', 'DatadogAgent');
    expect(spec.global.kubernetesResourcesAnnotationsAsTags).to.deep.equal(tags);
    const [variable] = await yaml('datadog.md', 'DD_KUBERNETES_RESOURCES_ANNOTATIONS_AS_TAGS');
    expect(JSON.parse(variable.value)).to.deep.equal(tags);
    const [older] = await yaml('datadog.md', 'DD_KUBERNETES_POD_ANNOTATIONS_AS_TAGS');
    expect({ pods: JSON.parse(older.value) }).to.deep.equal(tags);
  });
});
