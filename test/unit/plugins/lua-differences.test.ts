import { expect } from 'chai';
import { luaDifferences } from '../../../operator/plugins/script/lua-differences.ts';
import { failureOf } from '../sandbox/engine.ts';

const messagesOf = (script: string) => luaDifferences(script).map(({ message }) => message);

describe('a look at a script for what fails here and works in Lua 5.1', () => {
  /** Each uses one thing that is missing; the sandbox itself has to agree. */
  const failing: Readonly<Record<string, [script: string, message: string]>> = {
    setfenv: [
      'setfenv(1, {})',
      "setfenv is not in Lua 5.4: use load(text, name, 't', environment) or a local _ENV",
    ],
    'getfenv of a function': [
      'getfenv(print)',
      "getfenv is not in Lua 5.4: a function's globals are its upvalue _ENV",
    ],
    module: ['module("x", package.seeall)', 'module is not in Lua 5.4: return a table instead'],
    newproxy: ['newproxy(true)', 'newproxy is not in Lua 5.4: use setmetatable({}, metatable)'],
    'table.setn': ['table.setn({}, 3)', 'table.setn is not in Lua 5.4: the length is that of the list'],
    '#arg': ['print(#arg)', "arg is not in Lua 5.4: use select('#', ...) or {...}"],
    'arg[1]': ['print(arg[1])', "arg is not in Lua 5.4: use select('#', ...) or {...}"],
    'arg as an argument': ['pairs(arg)', "arg is not in Lua 5.4: use select('#', ...) or {...}"],
    'io.open': ['io.open("x")', 'io is not there in the sandbox: it has no files'],
    'os.getenv': [
      'os.getenv "HOME"',
      'os.getenv is not there in the sandbox: put the value into spec.parameters, and read it as parameters.NAME',
    ],
    'debug.traceback': ['debug.traceback()', 'debug is not there in the sandbox'],
    dofile: ['dofile "x.lua"', 'dofile is not there in the sandbox: it has no files'],
    loadfile: ['loadfile("x.lua")', 'loadfile is not there in the sandbox: it has no files'],
    'string.dump': ['string.dump(print)', 'string.dump is not there in the sandbox'],
    'package.loadlib': [
      'package.loadlib("a", "b")',
      'package.loadlib is not there in the sandbox: only require("dkjson") works',
    ],
    'require of another library': [
      'require("cjson")',
      'require("cjson") finds nothing: dkjson is the only library',
    ],
  };
  for (const [what, [script, message]] of Object.entries(failing)) {
    it(`finds ${what}, with what to write instead`, () => {
      expect(messagesOf(script)).to.deep.equal([message]);
      const [, hint] = message.split(' is not in Lua 5.4: ');
      expect(failureOf(script), 'it really fails').to.contain(hint ?? 'test:1:');
    });
  }

  const fine: Readonly<Record<string, string>> = {
    'what works':
      'unpack({}) table.getn({}) math.pow(1, 2) string.gfind("", "") getfenv() getfenv(0) os.time()',
    'a comment': '-- setfenv(1, {})\n--[[ io.open() ]] --[==[ module(x) ]] ]==]',
    'a text': 'local t = "io.open()" .. \'setfenv(1)\' .. [[ os.exit() ]] .. "\\" io.open()"',
    'a field of another table': 'local t = {} t.io = {} t.io.open() t.module() t:module() t.arg[1] = 2',
    'a parameter called arg': 'local function f(arg) return arg[1], #arg end',
    'a local called arg': 'local a, arg = {}, {} print(#arg)',
    'a polyfill of its own': 'setfenv = setfenv or function() end setfenv(1, {})',
    'a function of its own': 'function module(name) end module("x")',
    'a library that is there': 'local json = require("dkjson") local again = require "dkjson"',
    'a mere mention': 'if setfenv then end local has = io',
    'no Lua at all': '"',
  };
  for (const [what, script] of Object.entries(fine)) {
    it(`says nothing of ${what}`, () => expect(messagesOf(script)).to.deep.equal([]));
  }

  it('sees the name after two dots', () => {
    expect(messagesOf('local s = "a"..io.read()')).to.have.length(1);
  });

  it('names the line, after long strings and comments too', () => {
    const script = 'local s = [[\n\n]]\n--[[\n]]\n"a\\\nb"\n  setfenv(1, s)';
    expect(luaDifferences(script).map(({ line }) => line)).to.deep.equal([8]);
  });

  it('says the same of one line once, and no more than twenty things', () => {
    expect(messagesOf('io.open(io.read())')).to.have.length(1);
    expect(messagesOf('io.open()\n'.repeat(100))).to.have.length(20);
  });

  it('takes time in proportion to the script, whatever stands in it', () => {
    for (const piece of ['--[[', '[==[', '"', "'\\", 'function(', 'local a,', '-- \n', '((((', 'a.']) {
      const script = piece.repeat(Math.floor(262_144 / piece.length));
      const begun = performance.now();
      luaDifferences(script);
      expect(performance.now() - begun, `milliseconds for ${piece}`).to.be.below(3_000);
    }
  });
});
