import { expect } from 'chai';
import { formatDuration, streamProgress } from '../../cluster/progress.ts';

describe('progress', () => {
  it('without a terminal shows what goes on at most every 15 s', () => {
    let now = 0;
    const { stream, written } = fakeStream({});
    const progress = streamProgress(stream, () => now);

    progress.line('building');
    for (now = 1_000; now <= 31_000; now += 1_000) progress.live(`${now / 1_000} s`);

    expect(written()).to.equal('building\n15 s\n30 s\n');
  });

  it('on a terminal overwrites one line, which a lasting line replaces', () => {
    const { stream, written } = fakeStream({ isTTY: true });
    const progress = streamProgress(stream);

    progress.live('1 s');
    progress.live('2 s');
    progress.line('done');
    progress.line('next');

    expect(written()).to.equal('\r\x1b[2K1 s\r\x1b[2K2 s\r\x1b[2Kdone\nnext\n');
  });

  it('cuts a live text that would wrap on the terminal', () => {
    const { stream, written } = fakeStream({ isTTY: true, columns: 10 });

    streamProgress(stream).live('0123456789abc');

    expect(written()).to.equal('\r\x1b[2K012345678');
  });

  it('says durations in minutes from one minute on', () => {
    expect(formatDuration(59_400)).to.equal('59 s');
    expect(formatDuration(185_000)).to.equal('3 min 5 s');
  });
});

function fakeStream(terminal: { isTTY?: boolean; columns?: number }) {
  let text = '';
  const stream = {
    ...terminal,
    write: (piece: string) => {
      text += piece;
    },
  };
  return { stream, written: () => text };
}
