import { expect } from 'chai';
import type { DryRunReport } from '../../../operator/api/generated.ts';
import { type PluginEntry, PluginSet } from '../../../operator/plugins/state/plugin-set.ts';
import {
  AnnotationKeys,
  annotationsFor,
  type PodAnnotations,
} from '../../../operator/pods/annotations/annotations.ts';
import { DryRuns } from '../../../operator/pods/dry-run/dry-runs.ts';
import { dryRunChangesOf } from '../../../operator/pods/resolve/dry-run-changes.ts';
import type { PodRecord } from '../../../operator/pods/store/pod.ts';
import { PodStore } from '../../../operator/pods/store/store.ts';
import type { Answer } from '../../../operator/sandbox/contract.ts';
import { makePod } from '../support/builders.ts';
import { failing, resolved } from '../support/scripted-sandbox.ts';

const before = annotationsFor({ type: 'Pod', name: 'x' }, 'standard');
const after = annotationsFor({ type: 'Cluster', name: 'db' }, 'LuaPlugin/p');

function entry(name: string, mode: PluginEntry['mode'] = 'DryRun'): PluginEntry {
  return { name, priority: 0, mode, matches: () => true, program: `${name}@1` };
}

function record(name: string): PodRecord {
  const store = new PodStore({
    keys: new AnnotationKeys('luaplugin.dev'),
    inScope: () => true,
  });
  store.upsert(makePod({ name }));
  const kept = store.get(`uid-of-${name}`);
  if (kept === undefined) throw new Error('the store lost the Pod');
  return kept;
}

function setUp() {
  const reports: (DryRunReport | undefined)[] = [];
  const plugins = new PluginSet();
  const dryRuns = new DryRuns(plugins, (_plugin, report) => reports.push(report));
  plugins.put(entry('p'));
  const change = (pod: string, to: PodAnnotations = after) =>
    dryRuns.decided(record(pod), [{ plugin: 'p', before, after: to }]);
  return { dryRuns, plugins, reports, change };
}

describe('the Pods that a plugin in DryRun mode would change', () => {
  it('are none at first', () => {
    expect(setUp().reports).to.deep.equal([{ podsChanging: 0, examples: [] }]);
  });

  it('are counted, and shown before and after', () => {
    const { reports, change } = setUp();
    change('db-0');
    expect(reports.at(-1)).to.deep.equal({
      podsChanging: 1,
      examples: [
        {
          pod: 'default/db-0',
          before: { type: 'Pod', name: 'x', resolvedBy: 'standard' },
          after: { type: 'Cluster', name: 'db', resolvedBy: 'LuaPlugin/p' },
        },
      ],
    });
  });

  it('are counted once, however often they are decided', () => {
    const { reports, change } = setUp();
    change('db-0');
    change('db-0');
    expect(reports).to.have.length(2);
    change('db-0', annotationsFor({ type: 'Cluster', name: 'other' }, 'LuaPlugin/p'));
    expect(reports.at(-1)?.podsChanging).to.equal(1);
    expect(reports.at(-1)?.examples[0]?.after.name).to.equal('other');
  });

  it('are shown ten at the most, and others when one of these goes', () => {
    const { dryRuns, reports, change } = setUp();
    for (let index = 0; index < 12; index += 1) change(`db-${index}`);
    expect(reports.at(-1)?.podsChanging).to.equal(12);
    expect(reports.at(-1)?.examples).to.have.length(10);
    dryRuns.forget('uid-of-db-0');
    dryRuns.decided(record('db-1'), []);
    expect(reports.at(-1)?.podsChanging).to.equal(10);
    expect(reports.at(-1)?.examples.map(({ pod }) => pod)).to.include.members([
      'default/db-10',
      'default/db-11',
    ]);
  });

  it('are forgotten when the plugin is in another mode, suspended or deleted', () => {
    for (const next of [entry('p', 'Enforce'), undefined]) {
      const { plugins, reports, change } = setUp();
      change('db-0');
      if (next === undefined) plugins.remove('p');
      else plugins.put(next);
      expect(reports.at(-1)).to.equal(undefined);
      change('db-1');
      expect(reports, 'a decision that comes late').to.have.length(3);
    }
  });

  it('are cut to what a status may hold', () => {
    const { dryRuns, reports } = setUp();
    const foreign = { type: 'x'.repeat(1000), name: 'y'.repeat(1000), resolvedBy: 'z'.repeat(1000) };
    dryRuns.decided(record('db-0'), [{ plugin: 'p', before: foreign, after }]);
    const shown = reports.at(-1)?.examples[0]?.before;
    expect([shown?.type, shown?.name, shown?.resolvedBy].map((text) => text?.length)).to.deep.equal([
      63, 253, 317,
    ]);
  });

  it('are cut between characters, so that the API server gives back what was written', () => {
    const { dryRuns, reports } = setUp();
    const foreign = { type: undefined, name: `${'y'.repeat(252)}😀`, resolvedBy: undefined };
    dryRuns.decided(record('db-0'), [{ plugin: 'p', before: foreign, after }]);
    expect(reports.at(-1)?.examples[0]?.before.name).to.equal('y'.repeat(252));
  });

  it('are shown once by name, also while the Pod that one was made anew from is still there', () => {
    const { dryRuns, reports, change } = setUp();
    change('db-0');
    dryRuns.decided({ ...record('db-0'), uid: 'new' }, [{ plugin: 'p', before, after }]);
    expect(reports.at(-1)?.examples.map(({ pod }) => pod)).to.deep.equal(['default/db-0']);
  });
});

describe('the rehearsal of a decision', () => {
  const [first, enforced, last] = [entry('first'), entry('enforced', 'Enforce'), entry('last')];
  const answers = new Map<PluginEntry, Answer>([
    [first, resolved('A', 'a')],
    [last, resolved('B', 'b')],
  ]);
  const plugins = (decider: string | undefined) =>
    dryRunChangesOf([first, enforced, last], decider, before, answers).map(({ plugin }) => plugin);

  it('leaves out plugins that would not be asked any more', () => {
    expect(plugins('enforced')).to.deep.equal(['first']);
    expect(plugins(undefined)).to.deep.equal(['first', 'last']);
  });

  it('leaves out plugins that skip the Pod or fail on it', () => {
    const failed = new Map<PluginEntry, Answer>([
      [first, { result: 'skipped' }],
      [last, failing({ reason: 'runtime', message: 'oops' })],
    ]);
    expect(dryRunChangesOf([first, last], undefined, before, failed)).to.deep.equal([]);
  });
});
