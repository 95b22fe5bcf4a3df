/** undici without fetch, caches, mocks and WebSockets: what operator/kube/client/agents.ts and client-node's config.js use. */
import api from 'undici/lib/api/index.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';

// As undici's own index does: request() and its like are not in the class.
Object.assign(Dispatcher.prototype, api);

export { Agent, ProxyAgent };
