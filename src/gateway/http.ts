/** The plain HTTP half: health, metrics, snapshots as JSON, the status page. It must not know sockets. */
import type { Registry } from 'prom-client';
import { auctionRow } from './event-rows.js';
import type { Hub } from './hub.js';
import { STATUS_PAGE } from './page.js';
import { rowObject, statsOf } from './rows.js';
import { casesStatus, fundStatus, modeStatus, watchStatus } from './status.js';
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
    case '/v1/stats':
      return jsonReply({ ...head(hub, 'stats'), stats: statsOf(hub.link.stats(), hub.clock()) });
    case '/v1/statistics':
      return jsonReply({ version: VERSION, epoch: hub.epoch, statistics: hub.link.statistics() });
    default:
      return (await answerStatus(hub, request.path)) ?? answerTopic(hub, request.path) ?? textReply(404, 'no such page');
  }
}

/** What the engine has to be asked for; null: another path. */
async function answerStatus(hub: Hub, path: string): Promise<HttpReply | null> {
  const { link, topics, epoch } = hub;
  switch (path) {
    case '/v1/cases': {
      const cases = await casesStatus(link);
      return jsonReply({ ...head(hub, 'cases'), cases });
    }
    case '/v1/fund':
      return jsonReply({ version: VERSION, epoch, ...(await fundStatus(link)) });
    case '/v1/watch':
      return jsonReply({ version: VERSION, epoch, watch: await watchStatus(link) });
    case '/v1/mode':
      return jsonReply({ version: VERSION, epoch, ...(await modeStatus(link, topics.cases)) });
    case '/v1/auctions': {
      const auctions = await link.inspect('auctions');
      const rows = auctions.map((event) => rowObject('auctions', auctionRow(event, link.instruments)));
      return jsonReply({ ...head(hub, 'auctions'), auctions: rows });
    }
    default:
      return null;
  }
}

/** Of any other topic: its snapshot. */
function answerTopic(hub: Hub, path: string): HttpReply | null {
  const { signals, stats, ...rest } = hub.topics;
  for (const topic of Object.values(rest)) {
    if (path !== `/v1/${topic.name}`) continue;
    const rows = topic.rows().map((row) => rowObject(topic.name, row));
    return jsonReply({ ...head(hub, topic.name), [topic.name]: rows });
  }
  return null;
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
