import { expect } from 'chai';
import {
  AnnotationKeys,
  annotationsFor,
  noAnnotations,
  pluginOf,
} from '../../../operator/pods/annotations.ts';

describe("the operator's annotations", () => {
  const keys = new AnnotationKeys('luaplugin.dev');
  const carried = {
    'luaplugin.dev/workload-type': 'StatefulSet',
    'luaplugin.dev/workload-name': 'db',
    'luaplugin.dev/resolved-by': 'LuaPlugin/opengauss',
  };

  it("are read from among a Pod's annotations", () => {
    expect(keys.read({ ...carried, note: 'x' })).to.deep.equal({
      type: 'StatefulSet',
      name: 'db',
      resolvedBy: 'LuaPlugin/opengauss',
    });
    expect(keys.read(undefined)).to.deep.equal(noAnnotations);
  });

  it('are taken off what plugins see, and only they', () => {
    expect(keys.strip({ ...carried, 'luaplugin.dev/other': 'y', note: 'x' })).to.deep.equal({
      'luaplugin.dev/other': 'y',
      note: 'x',
    });
    expect(keys.strip(carried), 'no annotations are left').to.equal(undefined);
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
