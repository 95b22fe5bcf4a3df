import { expect } from 'chai';
import {
  AnnotationKeys,
  annotationsFor,
  noAnnotations,
  pluginOf,
} from '../../../operator/pods/annotations/annotations.ts';
import { writtenBy } from '../support/builders.ts';

describe("the operator's annotations", () => {
  const keys = new AnnotationKeys('luaplugin.dev');
  const carried = {
    'luaplugin.dev/workload-type': 'StatefulSet',
    'luaplugin.dev/workload-name': 'db',
    'luaplugin.dev/resolved-by': 'LuaPlugin/opengauss',
  };

  it("are read from among a Pod's annotations", () => {
    expect(keys.read({ annotations: { ...carried, note: 'x' } })).to.deep.equal({
      type: 'StatefulSet',
      name: 'db',
      resolvedBy: 'LuaPlugin/opengauss',
    });
    expect(keys.read({})).to.deep.equal(noAnnotations);
  });

  it('are foreign when somebody else wrote one of them, or took one away, and else are not', () => {
    const own = writtenBy('lua-plugin-operator', { annotations: carried });
    const isForeign = (annotations: Record<string, string>, ...managedFields: object[]) =>
      keys.read({ annotations, managedFields }).isForeign ?? false;
    expect(isForeign(carried, own), 'ours').to.equal(false);
    expect(isForeign(carried), 'nobody can tell').to.equal(false);
    expect(isForeign({ note: 'x' }, writtenBy('kubectl', { annotations: { note: 'x' } })), 'none').to.equal(
      false,
    );
    for (const [key, value] of Object.entries(carried)) {
      const { [key]: _, ...others } = carried as Record<string, string>;
      const rest = writtenBy('lua-plugin-operator', { annotations: others });
      const taken = writtenBy('kubectl-annotate', { annotations: { [key]: value } });
      expect(isForeign(carried, rest, taken), `${key} is another's`).to.equal(true);
      expect(isForeign(carried, own, taken), `${key} is shared`).to.equal(true);
      expect(isForeign(carried, rest), `${key} is nobody's`).to.equal(true);
      expect(isForeign(others, rest), `${key} was taken away`).to.equal(true);
    }
  });

  it('are taken off what plugins see, and only they', () => {
    const strip = (annotations: Record<string, string>) =>
      keys.strip({ annotations }, keys.read({ annotations }));
    const others = { 'luaplugin.dev/other': 'y', note: 'x' };
    expect(strip({ ...carried, ...others })).to.deep.equal({ annotations: others });
    expect(strip(carried), 'no annotations are left').to.deep.equal({});
  });

  it('are not taken for one another, whatever somebody writes there', () => {
    const read = (type: string, name: string) =>
      keys.read({ annotations: { [keys.type]: type, [keys.name]: name } });
    read('a\nb', 'c');
    expect(read('a', 'b\nc')).to.include({ type: 'a', name: 'b\nc' });
  });

  it('are written all three at once, so that no Pod carries half of two states', () => {
    const patch = keys.patch(annotationsFor({ type: 'StatefulSet', name: 'db' }, 'LuaPlugin/opengauss'));
    expect(patch).to.deep.equal(carried);
  });

  it('are removed by null, as a merge patch has it', () => {
    expect(Object.values(keys.patch(noAnnotations))).to.deep.equal([null, null, null]);
  });

  it('stand under the prefix that the config gives', () => {
    expect(new AnnotationKeys('example.com').type).to.equal('example.com/workload-type');
  });

  it('name the plugin that resolved the Pod', () => {
    expect(pluginOf('LuaPlugin/opengauss')).to.equal('opengauss');
    expect(pluginOf('standard')).to.equal(undefined);
    expect(pluginOf(undefined)).to.equal(undefined);
  });
});
