import { expect } from 'chai';
import { formatCalendar, readCalendar, writeCalendar } from '../../../operator/sandbox/engine/time.ts';

function calendar(iso: string): DataView {
  const tm = new DataView(new ArrayBuffer(44));
  writeCalendar(tm, Date.parse(iso) / 1000);
  return tm;
}

describe("The script's calendar", () => {
  it('writes every conversion of strftime in UTC and the C locale', () => {
    const tm = calendar('2024-02-29T13:04:05Z');
    const cases = {
      '%Y-%m-%dT%H:%M:%SZ': '2024-02-29T13:04:05Z',
      '%a %A %b %B %h': 'Thu Thursday Feb February Feb',
      '%c|%x|%X|%D|%F|%R|%T|%r':
        'Thu Feb 29 13:04:05 2024|02/29/24|13:04:05|02/29/24|2024-02-29|13:04|13:04:05|01:04:05 PM',
      '%j %U %W %V %G %g %u %w %C %y %e %I %p': '060 08 09 09 2024 24 4 4 20 24 29 01 PM',
      '%z %Z %% %n%t|': '+0000 UTC % \n\t|',
    };
    for (const [format, text] of Object.entries(cases))
      expect(formatCalendar(tm, format), format).to.equal(text);
  });

  it('counts ISO weeks over the turn of the year', () => {
    expect(formatCalendar(calendar('2021-01-03T00:00:00Z'), '%G-%V')).to.equal('2020-53');
    expect(formatCalendar(calendar('2018-12-31T00:00:00Z'), '%G-%V')).to.equal('2019-01');
  });

  it('brings fields out of range into range, as mktime does', () => {
    const tm = calendar('2024-12-31T23:59:59Z');
    tm.setInt32(0, 60, true);
    expect(readCalendar(tm)).to.equal(Date.parse('2025-01-01T00:00:00Z') / 1000);
    expect(formatCalendar(tm, '%F %T')).to.equal('2025-01-01 00:00:00');
  });
});
