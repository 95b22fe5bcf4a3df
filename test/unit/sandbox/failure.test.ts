import { expect } from 'chai';
import { failure, luaFailure } from '../../../operator/sandbox/failure.ts';

describe('A failure', () => {
  it('names the line of the script that Lua named', () => {
    const error = {
      kind: 'runtime',
      message: "opengauss:12: attempt to index a nil value (local 'x')",
    } as const;
    expect(luaFailure('opengauss', '', error, 'runtime')).to.deep.equal({
      reason: 'runtime',
      message: "opengauss:12: attempt to index a nil value (local 'x')",
      line: 12,
    });
  });

  it('names no line when the message is not about the script', () => {
    expect(luaFailure('a', '', { kind: 'runtime', message: 'b:12: oops' }, 'runtime')).to.not.have.property(
      'line',
    );
    expect(luaFailure('a', '', { kind: 'runtime', message: 'a:x' }, 'runtime')).to.not.have.property('line');
  });

  it('finds the line of a plugin whose name is longer than Lua keeps', () => {
    const plugin = 'p'.repeat(100);
    const error = { kind: 'syntax', message: `${'p'.repeat(59)}:3: unexpected symbol` } as const;
    expect(luaFailure(plugin, '', error, 'load')).to.include({ reason: 'compile', line: 3 });
  });

  it('has the reason of where it happened, unless it is of syntax or memory', () => {
    expect(luaFailure('a', '', { kind: 'runtime', message: 'x' }, 'load').reason).to.equal('load');
    expect(luaFailure('a', '', { kind: 'memory', message: 'not enough memory' }, 'load').reason).to.equal(
      'memory',
    );
  });

  it('is at most 256 bytes of printable text, cut between characters', () => {
    const { message } = failure('runtime', 'ü\n\0'.repeat(500));
    expect(Buffer.byteLength(message)).to.be.within(250, 256);
    expect(message).to.match(/^[ü \ufffd]*…$/u);
    expect(
      luaFailure('a', '', { kind: 'runtime', message: '\xff\xfe\x1b[2J' }, 'runtime').message,
    ).to.not.match(/\p{C}/u);
  });
});
