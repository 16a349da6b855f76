/** `plimsoll tail`: what a gateway says about one topic, a line each, until Ctrl-C. */
import { Argument, Option } from 'commander';
import { type ClientStatus, connect, type Rows, TOPICS } from '../../client/client.js';
import { badInput } from '../../model/errors.js';
import { show } from '../../model/problems.js';
import type { CommandModule } from '../command.js';
import { duration } from '../format.js';
import type { Io } from '../io.js';
import { jsonLine, type Origin, textLine } from '../tail-lines.js';

interface Options {
  readonly topic: keyof Rows;
  readonly json?: true;
}

export const command: CommandModule = {
  examples: ['tail ws://127.0.0.1:7777/v1/stream', 'tail ws://127.0.0.1:7777/v1/stream --topic orders --json | jq -r .portfolio'],
  configure: (command) => {
    command
      .addArgument(new Argument('<url>', 'of a gateway: ws://host:port/v1/stream'))
      .addOption(new Option('--topic <name>', 'what to print').choices(TOPICS).default('signals'))
      .option('--json', 'print one JSON object per line');
  },
  run: async (parsed, io) => {
    const { topic, json } = parsed.opts<Options>();
    const print = (rows: Rows[keyof Rows][], origin: Origin): void => {
      const line = json ? jsonLine : textLine;
      io.stdout.write(rows.map((row) => `${line(topic, row, origin)}\n`).join(''));
    };
    await follow(checkedUrl(parsed.args[0]), topic, print, io);
  },
};

/** The client tries again for ever, but what is no address of a gateway at all is told at once. */
function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^wss?:$/.test(url.protocol) && url.hash === '') return text;
  throw badInput('url', 'an address such as ws://127.0.0.1:7777/v1/stream', show(text), 'bad-usage');
}

type Print = (rows: Rows[keyof Rows][], origin: Origin) => void;

/** Never resolves: ends by a rejection, or with the command when it is interrupted. */
async function follow(url: string, topic: keyof Rows, print: Print, io: Io): Promise<void> {
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  let wasConnected = false;
  const client = connect({
    url,
    onStatus: (status) => {
      if (status.type === 'connected') wasConnected = true;
      // A gateway that was never there is a wrong address; one that was comes back.
      if (status.type === 'disconnected' && !wasConnected) {
        fail(badInput(url, 'a gateway that answers', status.reason || `closed with code ${status.code}`));
      } else if (status.type === 'failed') {
        fail(status.error);
      } else {
        io.stderr.write(`${describeStatus(status)}\n`);
      }
    },
  });
  const unregister = io.interrupts.onInterrupt(() => client.close());
  client.subscribe(topic, {
    onSnapshot: (rows, seq) => print(rows, { seq, tickTimeUs: null }),
    onRows: (rows, { seq, tickTimeUs }) => print(rows, { seq, tickTimeUs }),
  });
  try {
    await failed;
  } finally {
    unregister();
    await client.close();
  }
}

function describeStatus(status: ClientStatus): string {
  switch (status.type) {
    case 'connected':
      return `connected to plimsoll ${status.serverVersion}, epoch ${status.epoch}`;
    case 'disconnected':
      return `connection lost (${status.reason || `code ${status.code}`}), again in ${duration(status.retryInMs)}`;
    case 'missed':
      return `missed some ${status.topic}, asking for them`;
    case 'authorized':
      return `authorized as ${status.role}`;
    case 'lease-lost':
    case 'error':
    case 'failed':
      return status.error.message;
  }
}
