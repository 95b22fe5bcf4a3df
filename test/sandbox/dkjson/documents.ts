/** Numbers in [0, 1) that a seed decides: mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const strings = [
  '""',
  '"a"',
  '"name"',
  '"größe"',
  '"\\u00e9\\u20ac"',
  '"\\ud83d\\ude00"',
  '"\\ud83d"',
  '"\\ude00x"',
  '"\\ud83d\\u0041"',
  '"\\u12"',
  '"\\q\\/"',
  '"\\b\\f\\n\\r\\t\\"\\\\"',
  '"a\nb"',
  '"\\u0000"',
  '"\x00"',
  '"\x7f"',
  '"😀"',
  '"\\uD800\\uD800"',
  '"\\u"',
];
const numbers = [
  '0',
  '-0',
  '1',
  '-1',
  '42',
  '01',
  '1.0',
  '1.5',
  '-2.25',
  '.5',
  '-.5',
  '1.',
  '1e5',
  '1E-2',
  '1e+3',
  '1e400',
  '1e-400',
  '1..2',
  '1e',
  '1e+',
  '--1',
  '1-2',
  '+1',
  '-',
  '0x10',
  '123456789',
  '1234567890',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '-9223372036854775809',
  '123456789012345678901234567890',
  '1e5.5',
  '3.14159265358979',
];
const tameNumbers = [
  '0',
  '1',
  '-1',
  '42',
  '1.5',
  '-2.25',
  '1e5',
  '10000000000000',
  '0.1',
  '3.14159265358979',
  '1e100',
  '1e-7',
];
const words = ['true', 'false', 'null', 'nul', 'nullx', 'true1', 'true_', 'NaN', 'inf', 'None'];
const blanks = [
  '',
  '',
  '',
  '',
  ' ',
  '\n',
  '\t',
  '\r\n',
  '\f',
  '\v',
  '/* c */',
  '// c\n',
  '// c\r',
  '\ufeff',
  '/**/',
  '/',
  '/*',
];
const noise = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\0',
  'x',
  '1',
  ' ',
  '\n',
  '/',
  '*',
  'é',
  '-',
  '.',
  'e',
  'null',
];

/** Documents as a plugin may meet them: good ones, ones with a mistake, and ones that want to do harm. */
export class Documents {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Any document; most are near to JSON. */
  any(): string {
    const roll = this.#random();
    if (roll < 0.02) return this.#deep();
    if (roll < 0.05) return Array.from({ length: this.#below(12) }, () => this.#pick(noise)).join('');
    const text = this.#blank() + this.#value(this.#below(5), false) + this.#blank();
    return roll < 0.5 ? text : this.#damage(text);
  }

  /** A good document whose numbers look the same in every version of Lua. */
  tame(): string {
    return this.#value(this.#below(5), true);
  }

  #value(depth: number, isTame: boolean): string {
    const roll = this.#random();
    if (depth <= 0 || roll < 0.3) {
      if (isTame)
        return this.#pick([
          this.#pick(tameNumbers),
          '"text"',
          '"größe"',
          'true',
          'false',
          'null',
          '[]',
          '{}',
        ]);
      return this.#pick([
        this.#pick(strings),
        this.#pick(strings),
        this.#pick(numbers),
        this.#pick(words.slice(0, 3)),
      ]);
    }
    const parts = Array.from({ length: this.#below(5) }, () => this.#value(depth - 1, isTame));
    if (roll < 0.6) return `[${parts.map((part) => this.#space(part, isTame)).join(',')}]`;
    const members = parts.map((part, index) => {
      const key = isTame ? `"k${index}"` : this.#key();
      return `${this.#space(key, isTame)}:${this.#space(part, isTame)}`;
    });
    return `{${members.join(',')}}`;
  }

  #key(): string {
    const roll = this.#random();
    if (roll < 0.9) return this.#pick(strings);
    return this.#pick([...numbers, ...words, '[]', '{}', '[1]', '{"a":1}']);
  }

  #space(text: string, isTame: boolean): string {
    return isTame ? text : this.#blank() + text + this.#blank();
  }

  #blank(): string {
    return this.#random() < 0.8 ? '' : this.#pick(blanks);
  }

  #damage(text: string): string {
    let damaged = text;
    for (let times = this.#below(3) + 1; times > 0; times--) {
      const at = this.#below(damaged.length + 1);
      const cut = this.#random() < 0.5 ? this.#below(3) : 0;
      const put = this.#random() < 0.6 ? this.#pick(noise) : '';
      damaged = damaged.slice(0, at) + put + damaged.slice(at + cut);
    }
    return this.#random() < 0.2 ? damaged.slice(0, this.#below(damaged.length + 1)) : damaged;
  }

  #deep(): string {
    const depth = this.#below(100);
    const open = Array.from({ length: depth }, () => this.#pick(['[', '{"a":', '[1,', '{"b":2,"c":']));
    const close = open.map((text) => (text.startsWith('[') ? ']' : '}')).reverse();
    return [...open, '1', ...(this.#random() < 0.5 ? close : close.slice(this.#below(3)))].join('');
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T;
  }
}
