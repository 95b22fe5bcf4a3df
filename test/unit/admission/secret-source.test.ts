import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { splitBundle } from '../../../operator/certificates/pair.ts';
import { SecretCertificates } from '../../../operator/certificates/secret-source.ts';
import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { ManualClock } from '../support/clock.ts';
import { OneObject, refusal } from './fake-secret.ts';

const { signal } = new AbortController();
const dayMs = 24 * 3_600_000;
const start = Date.parse('2030-01-01T00:00:00Z');

function setUp(client = new OneObject(), clock = new ManualClock(start)) {
  const believed: string[][] = [];
  let isThere = true;
  let failure: Error | undefined;
  const replica = (random = 0, ownClient: KubeClient = client) =>
    new SecretCertificates({
      client: ownClient,
      namespace: 'ns',
      name: 'hook',
      caBundle: {
        ensure: async (cas) => {
          if (failure !== undefined) throw failure;
          believed.push([...cas]);
          return isThere;
        },
      },
      clock,
      random: () => random,
      validMs: 90 * dayMs,
    });
  const data = (): Record<string, string> => Object(client.object?.data);
  return {
    client,
    clock,
    believed,
    replica,
    inSecret: (key: string) => Buffer.from(data()[key] ?? '', 'base64').toString(),
    fail: (error: Error | undefined) => {
      failure = error;
    },
    unregister: () => {
      isThere = false;
    },
  };
}

describe("the webhook's certificate in a Secret", () => {
  it('is made when there is none: for the names of the Service, signed by a CA that only signs it', async () => {
    const { client, replica, believed, inSecret } = setUp();
    const one = replica();
    await one.refresh(signal);
    const certificate = new X509Certificate(one.current?.cert ?? '');
    expect(certificate.checkHost('hook.ns.svc')).to.equal('hook.ns.svc');
    expect(certificate.checkHost('hook.other.svc')).to.equal(undefined);
    expect(certificate.ca).to.equal(false);
    const [bundle = []] = believed;
    expect(bundle).to.have.length(1);
    const ca = new X509Certificate(bundle[0] ?? '');
    expect(ca.ca && certificate.checkIssued(ca) && certificate.verify(ca.publicKey)).to.equal(true);
    expect(certificate.validToDate.toISOString()).to.equal('2030-04-01T00:00:00.000Z');
    expect(certificate.validFromDate.toISOString(), 'for clocks that are behind').to.equal(
      '2029-12-31T23:00:00.000Z',
    );
    expect(client.object).to.deep.include({ kind: 'Secret', type: 'kubernetes.io/tls' });
    expect(inSecret('tls.crt')).to.equal(one.current?.cert);
    expect(Object.keys(Object(client.object?.data)), "the CA's key is nowhere").to.have.members([
      'ca.crt',
      'tls.crt',
      'tls.key',
    ]);
  });

  it('is taken as it is by the next replica, and after a restart', async () => {
    const { client, replica } = setUp();
    const [one, two] = [replica(), replica()];
    await one.refresh(signal);
    await two.refresh(signal);
    expect(two.current).to.deep.equal(one.current);
    expect(client.writes).to.have.length(1);
  });

  it('is the one of the first to write it when several make it at a time', async () => {
    const { client, replica } = setUp();
    const replicas = [replica(), replica(), replica()];
    await Promise.all(replicas.map((one) => one.refresh(signal)));
    expect(new Set(replicas.map(({ current }) => current?.cert)).size).to.equal(1);
    expect(client.writes).to.have.length(1);
  });

  it('is renewed by one of several when two thirds of its time are over, later by chance', async () => {
    const { client, clock, replica } = setUp();
    const [early, late] = [replica(0), replica(1)];
    await early.refresh(signal);
    await late.refresh(signal);
    clock.skip(59 * dayMs);
    await early.refresh(signal);
    expect(client.writes, 'not yet').to.have.length(1);
    clock.skip(2 * dayMs);
    await late.refresh(signal);
    expect(client.writes, 'not yet for this one').to.have.length(1);
    await early.refresh(signal);
    expect(client.writes).to.have.length(2);
  });

  it('is renewed as soon as the clock is set to a time when it is due, or not valid yet', async () => {
    const { client, clock, replica } = setUp();
    const one = replica();
    await one.refresh(signal);
    clock.setWall(61 * dayMs);
    await one.refresh(signal);
    expect(client.writes, 'set ahead').to.have.length(2);
    clock.setWall(-200 * dayMs);
    await one.refresh(signal);
    clock.skip(5_000);
    await one.refresh(signal);
    expect(client.writes, 'set back').to.have.length(3);
    const certificate = new X509Certificate(one.current?.cert ?? '');
    expect(certificate.validFromDate.getTime()).to.be.below(clock.wallTime());
  });

  it('goes over to the next one only when its CA is believed for a while, and the CA before stays', async () => {
    const { clock, replica, believed, inSecret, fail } = setUp();
    const [one, two] = [replica(), replica()];
    await one.refresh(signal);
    await two.refresh(signal);
    const before = one.current;
    const [[oldCa = ''] = []] = believed;
    clock.skip(61 * dayMs);

    fail(refusal(403, 'Forbidden'));
    expect(await one.refresh(signal).catch((error: Error) => error.message)).to.equal('Forbidden');
    clock.skip(60_000);
    expect(await one.refresh(signal).catch((error: Error) => error.message)).to.equal('Forbidden');
    expect(one.current, 'not before the CA is believed').to.equal(before);

    fail(undefined);
    await one.refresh(signal);
    await two.refresh(signal);
    expect([one.current, two.current], 'API servers need a moment').to.deep.equal([before, before]);
    const bundle = splitBundle(inSecret('ca.crt'));
    expect(bundle).to.have.length(2).and.to.include(oldCa);
    expect(believed.at(-1)).to.deep.equal(bundle);

    clock.skip(5_000);
    await one.refresh(signal);
    expect(one.current?.cert).to.equal(inSecret('tls.crt')).and.not.to.equal(before?.cert);
    expect(two.current, 'each for itself').to.deep.equal(before);
    await two.refresh(signal);
    expect(two.current).to.deep.equal(one.current);
  });

  it('forgets CAs that have expired', async () => {
    const { clock, replica, inSecret } = setUp();
    const one = replica();
    for (let round = 0; round < 5; round += 1) {
      await one.refresh(signal);
      clock.skip(61 * dayMs);
    }
    await one.refresh(signal);
    expect(splitBundle(inSecret('ca.crt'))).to.have.length(2);
  });

  it('is made anew when somebody deletes the Secret, and the CA in use is believed on', async () => {
    const { client, clock, replica, believed } = setUp();
    const one = replica();
    await one.refresh(signal);
    const before = one.current;
    const [[oldCa = ''] = []] = believed;
    client.object = undefined;
    clock.skip(10_000);
    await one.refresh(signal);
    expect(believed.at(-1)).to.have.length(2).and.to.include(oldCa);
    expect(one.current).to.equal(before);
    clock.skip(10_000);
    await one.refresh(signal);
    expect(one.current).not.to.deep.equal(before);
  });

  const useless: Readonly<
    Record<string, (data: Record<string, string>, other: Record<string, string>) => object>
  > = {
    nothing: () => ({}),
    'no PEM': (data) => ({ ...data, 'tls.crt': 'eA==' }),
    'the key of another': (data, other) => ({ ...data, 'tls.key': other['tls.key'] }),
    'the CA of another': (data, other) => ({ ...data, 'ca.crt': other['ca.crt'] }),
    'no CA': ({ 'ca.crt': _ca, ...data }) => data,
  };
  for (const [what, spoil] of Object.entries(useless)) {
    it(`is made anew when the Secret holds ${what}`, async () => {
      const { client, replica, inSecret } = setUp();
      await replica().refresh(signal);
      const good = Object(client.object?.data);
      const other = setUp();
      await other.replica().refresh(signal);
      client.put({ ...client.object, data: spoil(good, Object(other.client.object?.data)) });
      const one = replica();
      await one.refresh(signal);
      expect(client.writes).to.have.length(2);
      expect(one.current?.cert).to.equal(inSecret('tls.crt'));
    });
  }

  it('is made anew when it has expired while nobody was there', async () => {
    const { client, clock, replica } = setUp();
    await replica().refresh(signal);
    clock.skip(91 * dayMs);
    const one = replica();
    await one.refresh(signal);
    expect(client.writes).to.have.length(2);
    expect(one.current?.validUntil).to.be.above(clock.now());
  });

  it('is served as long as it is valid although the next one can not be written', async () => {
    const { client, clock, replica } = setUp();
    await replica().refresh(signal);
    clock.skip(61 * dayMs);
    const one = replica();
    client.beforeWrite = () => {
      throw refusal(403, 'Forbidden');
    };
    expect(await one.refresh(signal).catch((error: Error) => error.message)).to.equal('Forbidden');
    expect(one.current?.validUntil).to.be.above(clock.now());
  });

  it('gives up after a few writes that others overtook, and says why', async () => {
    const { client, replica } = setUp();
    client.put({ metadata: { name: 'hook' } });
    client.beforeWrite = () => client.put({ metadata: { name: 'hook' } });
    const error = await replica()
      .refresh(signal)
      .catch((problem: Error) => problem.message);
    expect(error).to.equal('Conflict');
  });

  it('says when nobody asks, for want of a ValidatingWebhookConfiguration', async () => {
    const { replica, unregister } = setUp();
    const one = replica();
    await one.refresh(signal);
    expect(one.note).to.equal(undefined);
    unregister();
    await one.refresh(signal);
    expect(one.note).to.contain('no ValidatingWebhookConfiguration');
  });
});
