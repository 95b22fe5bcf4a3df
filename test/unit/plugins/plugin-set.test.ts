import { expect } from 'chai';
import {
  type PluginChange,
  type PluginEntry,
  PluginSet,
} from '../../../operator/plugins/state/plugin-set.ts';

function entry(name: string, priority = 0, matches: PluginEntry['matches'] = () => true): PluginEntry {
  return { name, priority, mode: 'Enforce', matches, program: `${name}@1` };
}

describe('the set of plugins', () => {
  it('asks by priority, highest first, then by name', () => {
    const set = new PluginSet();
    for (const one of [entry('b'), entry('low', -1), entry('a'), entry('high', 5)]) set.put(one);
    expect(set.candidates({}).map(({ name }) => name)).to.deep.equal(['high', 'a', 'b', 'low']);
  });

  it('leaves out the plugins that do not match the Pod', () => {
    const set = new PluginSet();
    set.put(entry('everywhere'));
    set.put(entry('elsewhere', 9, ({ namespace }) => namespace === 'elsewhere'));
    expect(set.candidates({ namespace: 'here' }).map(({ name }) => name)).to.deep.equal(['everywhere']);
  });

  it('replaces a plugin in one step and tells what was there before', () => {
    const set = new PluginSet();
    const changes: PluginChange[] = [];
    const before = entry('a');
    const after = { ...before, program: 'a@2' };
    set.put(before);
    const end = set.subscribe((change) => changes.push(change));
    set.put(after);
    set.remove('a');
    set.remove('a');
    end();
    set.put(before);
    expect(changes).to.deep.equal([
      { before, after },
      { before: after, after: undefined },
    ]);
  });
});
