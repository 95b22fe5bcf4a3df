import { expect } from 'chai';
import { Box, brief } from './box.ts';
import { collidingKeys } from './hostile/colliding-keys.ts';

describe('A Pod whose keys collide under the known seed of Lua', () => {
  const box = new Box();
  before(() => box.sandbox.start());
  after(() => box.sandbox.stop());

  it('costs its own call its time at the most, and is answered right where the limit allows it', async () => {
    const script = `local json = require("dkjson") function GetWorkloadTypeAndName(text)
      local names, count = {}, 0
      for key in pairs(json.decode(text).annotations) do count = count + 1 names[count] = key end
      return "Job", names[1] .. "-" .. count end`;
    const keys = collidingKeys(16_000);
    const metadata = (count: number) =>
      JSON.stringify({
        name: 'pod-7',
        annotations: Object.fromEntries(keys.slice(0, count).map((key) => [key, ''])),
      });
    const patient = await box.load(script, { limits: { timeoutMs: 10_000, memoryBytes: 2 ** 24 } });
    const hasty = await box.load(script, { limits: brief });
    const neighbour = await box.load('function GetWorkloadTypeAndName() return "Job", "neighbour" end');

    const [some, many] = await box.sandbox.evaluate([
      { metadata: metadata(200), programs: [patient] },
      { metadata: metadata(16_000), programs: [hasty, neighbour] },
    ]);
    const name = `${Object.keys(JSON.parse(metadata(200)).annotations)[0]}-200`;
    expect(some?.[0]?.answer).to.deep.equal({ result: 'resolved', type: 'Job', name });
    expect(many?.[0]?.answer).to.have.nested.property('failure.reason', 'timeout');
    expect(many?.[1]?.answer).to.deep.include({ result: 'resolved' });
    expect(await box.answer(patient, '{"name":"x","annotations":{"a":"b"}}')).to.deep.include({
      result: 'resolved',
      name: 'a-1',
    });
  });
});
