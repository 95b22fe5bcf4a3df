/** Sections of a WebAssembly module that are changed here, by their ids. */
const section = { import: 2, function: 3, export: 7, code: 10 } as const;

/** The module is not the one that the changes were made for. */
export function notWasmoon(what: string): Error {
  return new Error(`this is not the Lua of wasmoon 1.16.0: ${what} is not as it should be`);
}

/**
 * A WebAssembly module taken apart, so that its functions can be changed and get longer. Functions have the numbers
 * that the module itself uses: its imports first.
 */
export class WasmBinary {
  readonly #sections: { readonly id: number; content: Buffer }[] = [];
  readonly #imports: string[] = [];
  readonly #bodies: Buffer[] = [];
  /** The types of #bodies, as numbers of the module's type section. */
  readonly #types: number[] = [];

  constructor(wasm: Buffer) {
    const header = 8;
    for (let at = header; at < wasm.length; ) {
      const [bytes, content] = readLeb(wasm, at + 1);
      this.#sections.push({ id: wasm[at] ?? 0, content: wasm.subarray(content, content + bytes) });
      at = content + bytes;
    }
    this.#readImports(this.#content(section.import));
    const types = this.#content(section.function);
    for (let [count, at] = readLeb(types, 0); count > 0; count--) {
      const [type, next] = readLeb(types, at);
      this.#types.push(type);
      at = next;
    }
    const code = this.#content(section.code);
    for (let [count, at] = readLeb(code, 0); count > 0; count--) {
      const [bytes, body] = readLeb(code, at);
      this.#bodies.push(code.subarray(body, body + bytes));
      at = body + bytes;
    }
  }

  /** The number of an imported function. */
  import(name: string): number {
    const index = this.#imports.indexOf(name);
    if (index < 0) throw notWasmoon(`the import ${name}`);
    return index;
  }

  /** The number of an exported function. */
  export(name: string): number {
    for (const each of this.#exports()) if (each.name === name) return each.index;
    throw notWasmoon(`the export ${name}`);
  }

  /**
   * Puts other instructions in the place of some, wherever they stand in a function.
   * @param from the instructions' bytes. @param count how often they stand there.
   */
  replace(fn: number, from: readonly number[], to: readonly number[], count = 1): void {
    const body = this.#body(fn);
    const pattern = Buffer.from(from);
    const parts: Buffer[] = [];
    let rest = body;
    for (let at = rest.indexOf(pattern); at >= 0; at = rest.indexOf(pattern)) {
      parts.push(rest.subarray(0, at), Buffer.from(to));
      rest = rest.subarray(at + pattern.length);
    }
    if (parts.length !== 2 * count) throw notWasmoon(`function ${fn}`);
    this.#setBody(fn, Buffer.concat([...parts, rest]));
  }

  /** As `replace`, with a pattern over the bytes, one character each. @param to gives the bytes for a match */
  replaceMatches(
    fn: number,
    from: RegExp,
    to: (...groups: string[]) => readonly number[],
    count: number,
  ): void {
    let found = 0;
    const text = this.#body(fn)
      .toString('latin1')
      .replace(from, (...groups) => {
        found++;
        return Buffer.from(to(...(groups as string[]))).toString('latin1');
      });
    if (found !== count) throw notWasmoon(`function ${fn}`);
    this.#setBody(fn, Buffer.from(text, 'latin1'));
  }

  /**
   * Gives a function another body and keeps the one it had as a new function.
   * @param locals how many locals of each type the new body has beside its parameters
   * @param body makes its instructions, given the number of the function as it was
   */
  wrap(
    fn: number,
    locals: readonly (readonly [count: number, type: number])[],
    body: (original: number) => readonly number[],
  ): void {
    const original = this.#imports.length + this.#bodies.push(this.#body(fn)) - 1;
    this.#types.push(this.#types[fn - this.#imports.length] ?? 0);
    const declared = [...leb(locals.length), ...locals.flatMap(([count, type]) => [...leb(count), type])];
    this.#setBody(fn, Buffer.from([...declared, ...body(original), end]));
  }

  /** Leaves only some of the exports: each costs half a kilobyte of JavaScript memory in every instance. */
  keepExports(wanted: ReadonlySet<string>): void {
    const kept = [...this.#exports()].filter(({ name }) => wanted.has(name)).map(({ bytes }) => bytes);
    if (kept.length !== wanted.size) throw notWasmoon('an export');
    this.#replaceContent(section.export, Buffer.concat([Buffer.from(leb(kept.length)), ...kept]));
  }

  /** The module as it is now. */
  toBuffer(): Buffer {
    const types = [...leb(this.#types.length), ...this.#types.flatMap(leb)];
    this.#replaceContent(section.function, Buffer.from(types));
    const bodies = this.#bodies.flatMap((body) => [Buffer.from(leb(body.length)), body]);
    this.#replaceContent(section.code, Buffer.concat([Buffer.from(leb(this.#bodies.length)), ...bodies]));
    const parts = this.#sections.flatMap(({ id, content }) => [
      Buffer.from([id, ...leb(content.length)]),
      content,
    ]);
    return Buffer.concat([Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]), ...parts]);
  }

  /** All imports of wasmoon's module are functions. */
  #readImports(content: Buffer): void {
    for (let [count, at] = readLeb(content, 0); count > 0; count--) {
      const [moduleBytes, module] = readLeb(content, at);
      const [nameBytes, name] = readLeb(content, module + moduleBytes);
      this.#imports.push(content.toString('latin1', name, name + nameBytes));
      [, at] = readLeb(content, name + nameBytes + 1);
    }
  }

  *#exports(): Generator<{ name: string; index: number; bytes: Buffer }> {
    const content = this.#content(section.export);
    for (let [count, at] = readLeb(content, 0); count > 0; count--) {
      const [nameBytes, start] = readLeb(content, at);
      const name = content.toString('latin1', start, start + nameBytes);
      const [index, next] = readLeb(content, start + nameBytes + 1);
      yield { name, index, bytes: content.subarray(at, next) };
      at = next;
    }
  }

  #content(id: number): Buffer {
    const found = this.#sections.find((each) => each.id === id);
    if (!found) throw notWasmoon(`section ${id}`);
    return found.content;
  }

  #replaceContent(id: number, content: Buffer): void {
    const found = this.#sections.find((each) => each.id === id);
    if (found) found.content = content;
  }

  #body(fn: number): Buffer {
    const body = this.#bodies[fn - this.#imports.length];
    if (!body) throw notWasmoon(`function ${fn}`);
    return body;
  }

  #setBody(fn: number, body: Buffer): void {
    this.#bodies[fn - this.#imports.length] = body;
  }
}

const end = 0x0b;

/** An unsigned LEB128 number. @returns it, and the offset after it. */
function readLeb(bytes: Buffer, start: number): [value: number, next: number] {
  let value = 0;
  for (let at = start, shift = 0; ; at++, shift += 7) {
    const byte = bytes[at] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at + 1];
  }
}

/** The bytes of an unsigned LEB128 number. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** Bytes as a part of a pattern for `replaceMatches`. */
export function escaped(bytes: readonly number[]): string {
  return bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
