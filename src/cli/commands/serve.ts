/** `plimsoll serve`: the scanner. With nothing said, a made-up venue of a million positions on 127.0.0.1. */

import { POLICY_DEFAULT } from '../../app/policies.js';
import { startServer } from '../../app/serve.js';
import { VERSION } from '../../app/version.js';
import type { JournalReport } from '../../journal/keeper.js';
import { alertLine } from '../alert-line.js';
import type { CommandModule } from '../command.js';
import { grouped } from '../format.js';
import { BACKEND_HELP } from '../options.js';
import { Progress } from '../progress.js';
import { describeConfig, serveConfig, serverOptions } from '../serve-config.js';
import { StatusLine } from '../status.js';

const STATUS_INTERVAL_MS = 200;

export const command: CommandModule = {
  examples: [
    'serve',
    'serve --positions 10000000 --crash',
    'serve --book book.jsonl --marks marks.json --executor external',
    'serve --config plimsoll.yaml --print-config',
  ],
  configure: (command) => {
    command
      .option('--config <file>', 'settings as YAML or JSON')
      .option('--host <address>', 'loopback address to listen on (127.0.0.1)')
      .option('--port <n>', 'port to listen on (7777), 0 for any')
      .option('--positions <n>', 'size of the made-up book (1000000)')
      .option('--markets <n>', 'markets of the made-up venue (400)')
      .option('--seed <s>', 'seed of everything made up (1)')
      .option('--book <file>', 'a book of your own: .json, .jsonl or a Parquet folder')
      .option('--marks <file>', 'where the made-up market starts, for a book of your own')
      .option('--tick-interval-ms <ms>', 'time between ticks (100)')
      .option('--policy <policy>', `what happens to defaults: a shipped policy, or a file (${POLICY_DEFAULT})`)
      .option('--fund <amount>', 'the insurance fund at the start, in the valuation asset (1000000)')
      .option('--mode <mode>', 'shadow: decides and tells, sends nothing; live (shadow, but live with the paper venue)')
      .option('--order-ttl-ms <ms>', 'life of an order, instead of what the policy says')
      .option('--executor <who>', 'who fills the orders: paper or external (paper)')
      .option('--backend <name>', `${BACKEND_HELP} (auto)`)
      .option('--journal <dir>', 'folder of its journal: nothing leaves before it is durable')
      .option('--crash', 'let the made-up market fall by a fifth soon after the start')
      .option('--print-config', 'print what is in effect, and end');
  },
  run: async (parsed, io) => {
    const { config: path, printConfig, ...flags } = parsed.opts();
    const config = serveConfig(path, io.env, flags);
    if (printConfig === true) {
      io.stdout.write(describeConfig(config));
      return;
    }
    const total = config.book === null ? config.positions : Number.POSITIVE_INFINITY;
    const loading = new Progress(io.stderr, 'loading positions', total, Date.now);
    const options = { ...serverOptions(config), onLoaded: (positions: number) => loading.update(positions) };
    const server = await startServer(options).finally(() => loading.finish());
    const { positions, accounts } = server.link.stats();
    const address = `${config.host.includes(':') ? `[${config.host}]` : config.host}:${server.port}`;
    const ticksPerSecond = Number((1000 / config.tickIntervalMs).toPrecision(3));
    io.stdout.write(
      [
        `plimsoll ${VERSION}: ${grouped(positions)} positions of ${grouped(accounts)} accounts, scanned ${ticksPerSecond} times a second`,
        `backend    ${server.link.stats().backend} (${server.backend.detail})${server.backend.refused.map((reason) => `; ${reason}`).join('')}`,
        ...(server.journal === null ? [] : [`journal    ${journalText(server.journal)}`]),
        `status     http://${address}/`,
        `stream     ws://${address}/v1/stream   (plimsoll tail ws://${address}/v1/stream)`,
        `operator   ${config.operatorToken === null ? server.tokens.operator : 'token as configured'}`,
        `executor   ${config.executor === 'paper' ? 'paper venue' : config.executorToken === null ? server.tokens.executor : 'token as configured'}`,
        'Ctrl-C ends it.',
        '',
      ].join('\n'),
    );
    const status = new StatusLine(io.stderr, 'live', Date.now);
    const silence = server.link.onAlert((alert) => status.log(alertLine(alert)));
    const timer = setInterval(() => status.update(server.link.stats()), STATUS_INTERVAL_MS);
    io.interrupts.onInterrupt(async () => {
      clearInterval(timer);
      silence();
      status.finish(server.link.stats());
      await server.close();
    });
    await server.ended.finally(() => clearInterval(timer));
  },
};

function journalText({ folder, epoch, recovery }: JournalReport): string {
  const { snapshotSeq, replayed, lastSeq, passedOver } = recovery;
  if (lastSeq === 0) return `${folder}, begun`;
  const from = snapshotSeq === null ? 'the beginning' : `the snapshot after record ${snapshotSeq}`;
  const trouble = passedOver.map((reason) => `; ${reason}`).join('');
  return `${folder}, start ${epoch}: ${grouped(lastSeq)} records; from ${from}, ${grouped(replayed)} replayed${trouble}`;
}
