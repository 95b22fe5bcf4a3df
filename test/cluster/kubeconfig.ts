/** How a user proves who they are: a client certificate (PEM) or a bearer token. */
export type UserCredentials =
  | { readonly certPem: string; readonly keyPem: string }
  | { readonly token: string };

export interface KubeconfigInput {
  readonly server: string;
  readonly caPem: string;
  readonly user: string;
  readonly credentials: UserCredentials;
}

/** The text of a kubeconfig with one context; JSON, which is YAML too. */
export function kubeconfigText({ server, caPem, user, credentials }: KubeconfigInput): string {
  const name = 'test';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name: user, user: userEntry(credentials) }],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function userEntry(credentials: UserCredentials): Record<string, string> {
  if ('token' in credentials) return { token: credentials.token };
  return {
    'client-certificate-data': base64(credentials.certPem),
    'client-key-data': base64(credentials.keyPem),
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
