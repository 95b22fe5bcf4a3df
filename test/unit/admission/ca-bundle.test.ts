import { expect } from 'chai';
import { CaBundle } from '../../../operator/certificates/ca-bundle.ts';
import { OneObject } from './fake-secret.ts';

const { signal } = new AbortController();
const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

function setUp(...webhooks: object[]) {
  const client = new OneObject();
  if (webhooks.length > 0) client.put({ metadata: { name: 'c' }, webhooks });
  const bundle = new CaBundle({ client, configuration: 'c', webhook: 'w' });
  const patches = () =>
    client.writes.map(({ body, contentType }) => ({ contentType, ...Object(body).webhooks[0] }));
  return { client, bundle, patches };
}
const webhook = (caBundle?: string) => ({
  name: 'w',
  clientConfig: caBundle === undefined ? {} : { caBundle },
});

describe('the caBundle of the webhook', () => {
  it('is filled in where there is none, and nothing else is written', async () => {
    const { bundle, patches } = setUp({ name: 'other', clientConfig: {} }, webhook());
    expect(await bundle.ensure([pem('a'), pem('b')], signal)).to.equal(true);
    expect(patches()).to.deep.equal([
      {
        contentType: 'application/strategic-merge-patch+json',
        name: 'w',
        clientConfig: { caBundle: base64(pem('a') + pem('b')) },
      },
    ]);
  });

  it('is left alone where the CAs are in it, also with others and written otherwise', async () => {
    const { bundle, client } = setUp(webhook(base64(`x\n${pem('b')}\n\n${pem('a')}`)));
    expect(await bundle.ensure([pem('a')], signal)).to.equal(true);
    expect(client.writes).to.deep.equal([]);
  });

  it('is written when another CA is in it, or no PEM at all', async () => {
    for (const found of [pem('old'), 'nonsense', '']) {
      const { bundle, client } = setUp(webhook(base64(found)));
      await bundle.ensure([pem('a')], signal);
      expect(client.writes).to.have.length(1);
    }
  });

  it('is looked at again when somebody else wrote meanwhile', async () => {
    const { bundle, client } = setUp(webhook());
    let others = 2;
    client.beforeWrite = () => {
      if (others > 0) client.put({ ...client.object });
      others -= 1;
    };
    expect(await bundle.ensure([pem('a')], signal)).to.equal(true);
    expect(client.writes).to.have.length(1);
  });

  it("is nobody's where there is no such configuration, or no such webhook in it", async () => {
    expect(await setUp().bundle.ensure([pem('a')], signal)).to.equal(false);
    expect(await setUp({ name: 'other', clientConfig: {} }).bundle.ensure([pem('a')], signal)).to.equal(
      false,
    );
  });
});
