/** The plain HTTP half: health, metrics, snapshots as JSON, the status page. It must not know sockets. */
import type { Registry } from 'prom-client';
import type { Hub } from './hub.js';
import { STATUS_PAGE } from './page.js';
import { alertObject, orderObject, statsOf } from './rows.js';
import type { HttpReply, HttpRequest } from './transport.js';

/** JSON snapshots have this version, apart from the protocol's. */
const VERSION = 1;

const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i;

/** Whether a Host header names this machine: a page of another site that resolves to it must not get through. */
export function isLoopbackHost(host: string | null): boolean {
  return host !== null && LOOPBACK_HOST.test(host);
}

export function textReply(status: number, text: string): HttpReply {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}

export async function answerHttp(hub: Hub, metrics: Registry, request: HttpRequest): Promise<HttpReply> {
  if (!isLoopbackHost(request.host)) return textReply(403, 'host: expected a loopback name');
  if (request.method !== 'GET' && request.method !== 'HEAD') return textReply(405, 'method: expected GET or HEAD');
  switch (request.path) {
    case '/':
      return { status: 200, contentType: 'text/html; charset=utf-8', body: STATUS_PAGE };
    case '/livez':
      return textReply(200, 'live');
    case '/readyz':
      return hub.link.stats().ticks > 0 ? textReply(200, 'ready') : textReply(503, 'no tick has been applied yet');
    case '/metrics':
      return { status: 200, contentType: metrics.contentType, body: await metrics.metrics() };
    case '/v1/signals':
      return jsonReply({ ...head(hub, 'signals'), signals: signalObjects(hub) });
    case '/v1/orders':
      return jsonReply({ ...head(hub, 'orders'), orders: hub.topics.orders.rows().map(orderObject) });
    case '/v1/stats':
      return jsonReply({ ...head(hub, 'stats'), stats: statsOf(hub.link.stats(), hub.clock()) });
    case '/v1/alerts':
      return jsonReply({ ...head(hub, 'alerts'), alerts: hub.topics.alerts.rows().map(alertObject) });
    case '/v1/statistics':
      return jsonReply({ version: VERSION, epoch: hub.epoch, statistics: hub.link.statistics() });
    default:
      return textReply(404, 'no such page');
  }
}

function head(hub: Hub, topic: keyof Hub['topics']) {
  return { version: VERSION, epoch: hub.epoch, seq: hub.topics[topic].seq };
}

function signalObjects(hub: Hub) {
  return hub.topics.signals.ranked(null).map(({ portfolio, equity, maintenance, deficit, badDebt, marginRatio }) => {
    return { portfolio, equity, maintenance, deficit, badDebt, marginRatio };
  });
}

function jsonReply(value: unknown): HttpReply {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(value) };
}
