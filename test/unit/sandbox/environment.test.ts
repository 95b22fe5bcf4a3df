import { expect } from 'chai';
import { LuaState } from '../../../operator/sandbox/engine/state.ts';
import { failureOf, mebibyte, memoryOf, parts, printed, stateOf } from './engine.ts';

describe("The script's environment", () => {
  it('has nothing that reaches files, processes or the interpreter', () => {
    const names = [
      'io',
      'debug',
      'dofile',
      'loadfile',
      'string.dump',
      'package.loadlib',
      'package.searchers',
      'package.searchpath',
      'os.execute',
      'os.exit',
      'os.getenv',
      'os.remove',
      'os.rename',
      'os.setlocale',
      'os.tmpname',
    ];
    for (const name of names) expect(printed(`print(${name})`), name).to.equal('nil');
  });

  it('keeps the clock, in UTC', () => {
    expect(
      printed(
        'print(os.date("!%Y-%m-%d", 0), os.date("%H", 3600), os.time({year=1970,month=1,day=2,hour=0}))',
      ),
    ).to.equal('1970-01-01\t01\t86400');
    expect(printed('print(type(os.time()), os.clock() >= 0, os.difftime(5, 3))')).to.equal('number\ttrue\t2');
    expect(printed('print(os.date("%s %Q", 0), os.date("%x", 3723))')).to.equal('%s %Q\t01/02/03');
  });

  it('loads source text and never bytecode', () => {
    expect(printed('print(load("return 1 + 1")())')).to.equal('2');
    expect(printed('print(load("x = 1; return x", "n", "t", {})())')).to.equal('1');
    expect(printed('print(load("\\27Lua"))')).to.contain('attempt to load a binary chunk');
    expect(printed('print(load("\\27Lua", "n", "b"))')).to.contain('attempt to load a binary chunk');
  });

  it('refuses finalizers', () => {
    expect(failureOf('setmetatable({}, {__gc = print})')).to.contain('__gc is not available');
    expect(printed('local m = {} setmetatable({}, m) m.__gc = print print("ok")')).to.equal('ok');
  });

  it('answers collectgarbage without collecting', () => {
    expect(printed('print(collectgarbage("count"), collectgarbage("step"), collectgarbage())')).to.equal(
      '0\ttrue\t0',
    );
  });

  it('requires dkjson and nothing else', () => {
    expect(printed('package.path = package.path..";/bin/?.lua" print(require("dkjson").version)')).to.equal(
      'dkjson 2.8',
    );
    expect(printed('print(require("dkjson") == require("dkjson"), require("string") == string)')).to.equal(
      'true\ttrue',
    );
    expect(failureOf('require("socket")')).to.contain("module 'socket' not found");
    expect(printed('package.preload.own = function(n) return {n} end print(require("own")[1])')).to.equal(
      'own',
    );
  });

  it('shows spec.parameters as a table that cannot be written', () => {
    const parameters = JSON.stringify({ suffix: '-db', kinds: ['a', 'b'], nested: { on: true, off: false } });
    expect(
      printed(
        'print(parameters.suffix, #parameters.kinds, parameters.kinds[2], parameters.nested.off)',
        parameters,
      ),
    ).to.equal('-db\t2\tb\tfalse');
    expect(printed('for i, v in ipairs(parameters.kinds) do print(i, v) end', parameters)).to.equal(
      '1\ta\n2\tb',
    );
    expect(printed('for k in pairs(parameters.nested) do print(type(k)) end', parameters)).to.equal(
      'string\nstring',
    );
    expect(printed('print(require("dkjson").encode(parameters.kinds))', parameters)).to.equal('["a","b"]');
    expect(failureOf('parameters.suffix = 1', parameters)).to.equal('test:1: parameters are read-only');
    expect(failureOf('parameters.nested.on = 1', parameters)).to.equal('test:1: parameters are read-only');
    expect(printed('print(parameters)')).to.equal('nil');
  });

  it('keeps what is printed up to 4096 bytes, and only when asked', () => {
    const script =
      'function GetWorkloadTypeAndName() print("x", nil, 1.5) print(("y"):rep(9999)) return "", "" end';
    const state = stateOf(script);
    expect(state.findFunction()).to.equal(undefined);
    state.keepOutput();
    state.call(Buffer.from('{}'), 0, 2);
    const output = state.takeOutput();
    expect(output).to.have.length(4096);
    expect(output.startsWith('x\tnil\t1.5\nyyy')).to.equal(true);
    state.call(Buffer.from('{}'), 0, 2);
    expect(state.takeOutput()).to.equal('');
  });

  it('holds the memory limit, below and above what a WebAssembly module starts with', () => {
    const fill = 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(65536, i) end';
    for (const limit of [3, 16, 40]) {
      const state = new LuaState(parts, memoryOf(limit * mebibyte), undefined);
      const counted = `n = 0 local t = {} pcall(function() for i = 1, 1e9 do t[i] = ("x"):rep(65536) .. i n = i end end)`;
      expect(state.run(Buffer.from(counted), 'test')).to.equal(undefined);
      state.keepOutput();
      state.run(Buffer.from('print(n // 16)'), 'test');
      expect(Number(state.takeOutput()), `${limit} MiB`).to.be.within(limit * 0.6 - 2, limit);
      expect(
        new LuaState(parts, memoryOf(limit * mebibyte), undefined).run(Buffer.from(fill), 'test'),
      ).to.deep.equal({
        kind: 'memory',
        message: 'not enough memory',
      });
    }
  });
});
