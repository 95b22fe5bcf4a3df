import { expect } from 'chai';
import {
  type ConfigMapContents,
  maxScriptLength,
  scriptIn,
} from '../../../operator/plugins/script/script-text.ts';

const ref = { namespace: 'team', name: 'scripts', key: 'main.lua' };

function messageOf(contents: ConfigMapContents | undefined): string {
  const text = scriptIn(contents, ref);
  return text.ok ? `script of ${text.script.length}` : text.message;
}

describe('a script in a ConfigMap', () => {
  it('is the text under the key', () => {
    const contents = { data: { 'main.lua': 'return 1', other: 'x' } };
    expect(scriptIn(contents, ref)).to.deep.equal({ ok: true, script: 'return 1' });
  });

  it('says what is missing, and what there is instead', () => {
    expect(messageOf(undefined)).to.equal('the ConfigMap team/scripts does not exist');
    expect(messageOf({})).to.equal('the ConfigMap team/scripts has no key main.lua; it has no keys');
    expect(messageOf({ data: { b: '', a: '' } })).to.equal(
      'the ConfigMap team/scripts has no key main.lua; it has a, b',
    );
  });

  it('is no binary data', () => {
    expect(messageOf({ binaryData: { 'main.lua': '/w==' } })).to.equal(
      'the key main.lua of the ConfigMap team/scripts holds binary data; a script is UTF-8 text, under data',
    );
  });

  it('is not empty', () => {
    expect(messageOf({ data: { 'main.lua': ' \n' } })).to.equal(
      'the key main.lua of the ConfigMap team/scripts is empty',
    );
  });

  it('is as long as spec.script may be, counted in characters', () => {
    expect(messageOf({ data: { 'main.lua': '-'.repeat(maxScriptLength) } })).to.equal('script of 262144');
    expect(messageOf({ data: { 'main.lua': '😀'.repeat(maxScriptLength) } })).to.equal('script of 524288');
    expect(messageOf({ data: { 'main.lua': '-'.repeat(maxScriptLength + 1) } })).to.equal(
      'the key main.lua of the ConfigMap team/scripts has more than 262144 characters, which no script may have',
    );
  });

  it('has no key that every object has', () => {
    const text = scriptIn({ data: {} }, { ...ref, key: 'constructor' });
    expect(text.ok).to.equal(false);
  });
});
