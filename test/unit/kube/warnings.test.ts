import { expect } from 'chai';
import { warningsIn } from '../../../operator/kube/client/warnings.ts';

describe('the warnings of an answer', () => {
  it('are the quoted texts of its headers, however they are joined', () => {
    expect(warningsIn(undefined)).to.deep.equal([]);
    expect(warningsIn('299 - "one"')).to.deep.equal(['one']);
    expect(warningsIn('299 - "one, 299 - two", 299 - "three"')).to.deep.equal(['one, 299 - two', 'three']);
    expect(warningsIn(['299 - "a"', '299 host "b"'])).to.deep.equal(['a', 'b']);
  });

  it('keep quotes and backslashes that were escaped', () => {
    expect(warningsIn(String.raw`299 - "say \"hi\" \\ there"`)).to.deep.equal([String.raw`say "hi" \ there`]);
  });

  it('are none for what has another form', () => {
    expect(warningsIn('no warning')).to.deep.equal([]);
  });
});
