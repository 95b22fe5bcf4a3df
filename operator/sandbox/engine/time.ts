/**
 * `os.time` and `os.date` for the sandbox, always in UTC: a Pod's name must not depend on the node's zone.
 * The structure is C's `struct tm`: nine 32-bit integers (sec, min, hour, mday, mon, year - 1900, wday, yday, isdst).
 */

const dayMs = 86_400_000;
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Writes the UTC calendar of a time in seconds into a `struct tm`. */
export function writeCalendar(tm: DataView, seconds: number): void {
  const date = new Date(seconds * 1000);
  const yearStart = Date.UTC(date.getUTCFullYear(), 0, 1);
  const fields = [
    date.getUTCSeconds(),
    date.getUTCMinutes(),
    date.getUTCHours(),
    date.getUTCDate(),
    date.getUTCMonth(),
    date.getUTCFullYear() - 1900,
    date.getUTCDay(),
    Math.floor((date.getTime() - yearStart) / dayMs),
    0,
  ];
  fields.forEach((value, index) => {
    tm.setInt32(index * 4, value, true);
  });
}

/** C's mktime in UTC: the seconds of a `struct tm`, whose fields it brings into their ranges; -1 if it has none. */
export function readCalendar(tm: DataView): number {
  const ms = calendarMs(tm);
  if (Number.isNaN(ms)) return -1;
  writeCalendar(tm, ms / 1000);
  return ms / 1000;
}

function calendarMs(tm: DataView): number {
  const field = (index: number) => tm.getInt32(index * 4, true);
  const date = new Date(0);
  date.setUTCFullYear(field(5) + 1900, field(4), field(3));
  date.setUTCHours(field(2), field(1), field(0), 0);
  return date.getTime();
}

/** C's strftime in the C locale and UTC. Conversions that C99 does not know stay as they are. */
export function formatCalendar(tm: DataView, format: string): string {
  const date = new Date(calendarMs(tm));
  if (Number.isNaN(date.getTime())) return '';
  const pad = (value: number, width = 2, fill = '0') => String(value).padStart(width, fill);
  const year = date.getUTCFullYear();
  const hour = date.getUTCHours();
  const weekday = date.getUTCDay();
  const yearDay = Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / dayMs);
  const weekName = weekdays[weekday] ?? '';
  const monthName = months[date.getUTCMonth()] ?? '';
  const week = isoWeek(date);
  const conversions: Record<string, string> = {
    a: weekName.slice(0, 3),
    A: weekName,
    b: monthName.slice(0, 3),
    B: monthName,
    h: monthName.slice(0, 3),
    C: pad(Math.floor(year / 100)),
    d: pad(date.getUTCDate()),
    e: pad(date.getUTCDate(), 2, ' '),
    g: pad(week.year % 100),
    G: String(week.year),
    H: pad(hour),
    I: pad(hour % 12 || 12),
    j: pad(yearDay + 1, 3),
    m: pad(date.getUTCMonth() + 1),
    M: pad(date.getUTCMinutes()),
    n: '\n',
    p: hour < 12 ? 'AM' : 'PM',
    S: pad(date.getUTCSeconds()),
    t: '\t',
    u: String(weekday || 7),
    U: pad(Math.floor((yearDay + 7 - weekday) / 7)),
    V: pad(week.week),
    w: String(weekday),
    W: pad(Math.floor((yearDay + 7 - ((weekday + 6) % 7)) / 7)),
    y: pad(((year % 100) + 100) % 100),
    Y: String(year),
    z: '+0000',
    Z: 'UTC',
    '%': '%',
  };
  const composites: Record<string, string> = {
    c: '%a %b %e %H:%M:%S %Y',
    D: '%m/%d/%y',
    F: '%Y-%m-%d',
    r: '%I:%M:%S %p',
    R: '%H:%M',
    T: '%H:%M:%S',
    x: '%m/%d/%y',
    X: '%H:%M:%S',
  };
  return format
    .replace(/%[EO]?([cDFrRTxX])/g, (_, letter: string) => composites[letter] ?? '')
    .replace(/%[EO]?(.)/gs, (whole, letter: string) => conversions[letter] ?? whole);
}

/** The ISO 8601 week: the one that holds the year's first Thursday is the first. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * dayMs);
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / dayMs / 7) + 1 };
}
