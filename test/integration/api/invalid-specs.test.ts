import { expect } from 'chai';
import { useControlPlane } from '../../support/control-plane.ts';
import { brokenRules, brokenSchema } from '../../unit/api/invalid-specs.ts';

/** The operator says the same of these specs without a server: test/unit/api/validate.test.ts. */
describe('kubectl apply of a LuaPlugin that breaks the schema', () => {
  const fixture = useControlPlane();

  for (const { title, spec, path, message, server } of [...brokenRules, ...brokenSchema]) {
    it(`refuses ${title}, and says where and what`, async () => {
      const input = JSON.stringify({
        apiVersion: 'luaplugin.dev/v1alpha1',
        kind: 'LuaPlugin',
        metadata: { name: 'invalid' },
        spec,
      });
      // Client-side apply keeps the object in an annotation, which has its own limit of 262,144 bytes.
      const side = input.length > 262_144 ? ['--server-side'] : [];
      const { stderr, code } = await fixture.plane.kubectl(['apply', '-f', '-', ...side], {
        allowFailure: true,
        input,
      });
      expect(code).to.equal(1);
      if (server === undefined) expect(stderr).to.contain(path).and.to.contain(message);
      else expect(stderr).to.contain(server);
    });
  }

  it('has left no object behind', async () => {
    const { stdout } = await fixture.plane.kubectl(['get', 'luaplugins', '-o', 'name']);
    expect(stdout).not.to.contain('luaplugin.luaplugin.dev/invalid');
  });
});
