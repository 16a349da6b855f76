import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { VERSION } from '../../src/app/version.js';
import type { CommandEntry, CommandModule } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { runCli } from '../../src/cli/run.js';
import { AssertionError, badInput, PlimsollError } from '../../src/model/errors.js';
import { ProblemList } from '../../src/model/problems.js';
import { recordingIo } from './streams.js';

function entry(name: string, run: CommandModule['run'], more: { isDefault?: true; onLoad?: () => void } = {}): CommandEntry {
  const command: CommandModule = {
    examples: [`${name} --speed 3`],
    configure: (it) => void it.option('--speed <n>', 'how fast'),
    run,
  };
  return {
    name,
    summary: `the ${name} command`,
    ...(more.isDefault ? { isDefault: true } : {}),
    load: async () => {
      more.onLoad?.();
      return { command };
    },
  };
}

const failing = (error: unknown): CommandEntry[] => [entry('fail', () => Promise.reject(error))];

describe('an option that takes one value', () => {
  const FILES = ['--book', 'b.json', '--marks', 'm.json'];

  test('is bad usage when it is given twice, in one line that names it', async () => {
    for (const more of [['--book', 'c.json'], ['--book=c.json']]) {
      const io = recordingIo();
      expect(await runCli(['scan', ...FILES, ...more], io)).toBe(2);
      expect(io.stderr.text).toBe('--book: expected one value, was another, "c.json"\n');
      expect(io.stdout.text).toBe('');
    }
  });

  test('so of every command and every option but those that are repeatable', async () => {
    const repeatable: string[] = [];
    for (const { name, load } of COMMANDS) {
      const { command } = await load();
      const parsed = new Command();
      command.configure(parsed);
      for (const { long, required, argChoices } of parsed.options) {
        if (!required) continue;
        const io = recordingIo();
        // One that the option's own check lets through.
        const value = argChoices?.[0] ?? (long === '--backend' ? 'js' : /^--(index|target)$/.test(`${long}`) ? 'A=1' : '1');
        expect(await runCli([name, `${long}`, value, `${long}`, value], io)).not.toBe(0);
        if (!io.stderr.text.includes(`${long}: expected one value, was another`)) repeatable.push(`${name} ${long}`);
      }
    }
    expect(repeatable).toEqual(['explain --target', 'compare --rules', 'replay --index']);
  });

  test('a repeatable one has no default in the help', async () => {
    const io = recordingIo();
    expect(await runCli(['replay', '--help'], io)).toBe(0);
    expect(io.stdout.text).not.toContain('(default: [])');
  });
});

describe('exit codes', () => {
  test('a command that ends well exits 0 and gets its options', async () => {
    const io = recordingIo();
    const commands = [entry('go', async (parsed, { stdout }) => void stdout.write(`speed ${parsed.opts().speed}`))];
    expect(await runCli(['go', '--speed', '7'], io, commands)).toBe(0);
    expect(io.stdout.text).toBe('speed 7');
    expect(io.stderr.text).toBe('');
  });

  test('bad input exits 2 with one line per problem', async () => {
    const io = recordingIo();
    const problems = new ProblemList();
    problems.add('book.json: $.version', '1', '2');
    problems.add('book.json: $.assets', 'an object', 'nothing');
    expect(await runCli(['fail'], io, failing(problems.toError()))).toBe(2);
    expect(io.stderr.text).toBe(
      'book.json: $.version: expected 1, was 2\nbook.json: $.assets: expected an object, was nothing\n',
    );
    expect(io.stdout.text).toBe('');
  });

  test('nothing to do exits 3', async () => {
    const error = badInput('--account', 'an account of the book', '"zoe"', 'nothing-to-do');
    expect(await runCli(['fail'], recordingIo(), failing(error))).toBe(3);
  });

  test('a bug exits 1, says where to report it, and shows the stack only when asked', async () => {
    for (const error of [new AssertionError('lots add up'), new TypeError('x is not a function'), 'a thrown text']) {
      const io = recordingIo();
      expect(await runCli(['fail'], io, failing(error))).toBe(1);
      expect(io.stderr.text).toMatch(
        /^plimsoll: internal error: (lots add up|x is not a function|a thrown text)\nThis is a bug\. .*\n$/,
      );
    }
    const io = recordingIo({ PLIMSOLL_DEBUG: '1' });
    await runCli(['fail'], io, failing(new PlimsollError('internal', 'broken', { cause: new Error('the cause of it') })));
    expect(io.stderr.text).toContain('This is a bug');
    expect(io.stderr.text).toMatch(/ {4}at .*run\.test\.ts/);
    expect(io.stderr.text).toContain('caused by Error: the cause of it');
  });

  test("the machine's trouble exits 1 without being called a bug", async () => {
    const io = recordingIo();
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
    expect(await runCli(['fail'], io, failing(error))).toBe(1);
    expect(io.stderr.text).toBe('plimsoll: ENOSPC: no space left on device, write\n');
  });

  test.each([
    { argv: ['go', '--spede', '3'], says: '--speed' },
    { argv: ['go', 'extra'], says: 'too many arguments' },
    { argv: ['go', '--speed'], says: 'argument missing' },
    { argv: ['got'], says: 'Did you mean go?' },
    { argv: ['--nonsense'], says: 'unknown option' },
    { argv: [], says: 'Usage: plimsoll' },
  ])('bad usage exits 2: $argv', async ({ argv, says }) => {
    const io = recordingIo();
    expect(await runCli(argv, io, [entry('go', async () => undefined)])).toBe(2);
    expect(io.stderr.text).toContain(says);
    expect(io.stdout.text).toBe('');
  });
});

describe('help', () => {
  test('lists every command without loading one', async () => {
    const io = recordingIo();
    const onLoad = () => expect.unreachable('a command was loaded');
    const commands = ['go', 'stop'].map((name) => entry(name, async () => undefined, { onLoad }));
    expect(await runCli(['--help'], io, commands)).toBe(0);
    expect(io.stdout.text).toContain('the stop command');
    expect(io.stdout.text).toContain('the go command');
  });

  test.each([[['go', '--help']], [['help', 'go']]])('of a command has its options and examples: %j', async (argv) => {
    const io = recordingIo();
    expect(await runCli(argv, io, [entry('go', async () => expect.unreachable('the command ran'))])).toBe(0);
    expect(io.stdout.text).toContain('--speed <n>');
    expect(io.stdout.text).toMatch(/Examples:\n {2}plimsoll go --speed 3\n/);
  });

  test('every command of ours has a summary, an option of its own help and examples that begin with its name', async () => {
    for (const { name, summary, load } of COMMANDS) {
      const { command } = await load();
      expect(summary).not.toBe('');
      expect(command.examples.length).toBeGreaterThan(0);
      for (const example of command.examples) expect(example.split(' ')[0]).toBe(name);
      const io = recordingIo();
      expect(await runCli([name, '--help'], io)).toBe(0);
      expect(io.stdout.text).toContain(`Usage: plimsoll ${name}`);
    }
  });

  test('the version is that of the package', async () => {
    const io = recordingIo();
    expect(await runCli(['--version'], io)).toBe(0);
    expect(io.stdout.text).toBe(`${VERSION}\n`);
    expect(VERSION).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('the default command', () => {
  const commands = (ran: string[]): CommandEntry[] => [
    entry('go', async () => void ran.push('go')),
    entry('serve', async (parsed) => void ran.push(`serve ${parsed.opts().speed}`), { isDefault: true }),
  ];

  test('runs when no command is named, with its options', async () => {
    const ran: string[] = [];
    expect(await runCli([], recordingIo(), commands(ran))).toBe(0);
    expect(await runCli(['--speed', '9'], recordingIo(), commands(ran))).toBe(0);
    expect(await runCli(['go'], recordingIo(), commands(ran))).toBe(0);
    expect(ran).toEqual(['serve undefined', 'serve 9', 'go']);
  });

  test('does not swallow a misspelt command or the help', async () => {
    const ran: string[] = [];
    const io = recordingIo();
    expect(await runCli(['srve'], io, commands(ran))).toBe(2);
    expect(io.stderr.text).toContain('Did you mean serve?');
    expect(await runCli(['--help'], io, commands(ran))).toBe(0);
    expect(io.stdout.text).toContain('the go command');
    expect(ran).toEqual([]);
  });
});

describe('an interrupt', () => {
  test('runs the hooks, latest first, waits for them and exits 130', async () => {
    const io = recordingIo();
    const order: string[] = [];
    const forever = entry('forever', async (_, { interrupts }) => {
      interrupts.onInterrupt(() => void order.push('first'));
      interrupts.onInterrupt(async () => {
        await Promise.resolve();
        order.push('second');
      });
      const unregister = interrupts.onInterrupt(() => void order.push('never'));
      unregister();
      queueMicrotask(() => interrupts.interrupt());
      queueMicrotask(() => interrupts.interrupt());
      await new Promise(() => undefined);
    });
    expect(await runCli(['forever'], io, [forever])).toBe(130);
    expect(order).toEqual(['second', 'first']);
    expect(io.stderr.text).toBe('');
  });

  test('exits 130 also when the closing makes the command fail, and tells when a hook does', async () => {
    const io = recordingIo();
    const closing = entry('closing', async (_, { interrupts }) => {
      interrupts.onInterrupt(() => Promise.reject(new Error('the hook broke')));
      interrupts.interrupt();
      throw new Error('closed under my feet');
    });
    expect(await runCli(['closing'], io, [closing])).toBe(130);
    expect(io.stderr.text).toContain('the hook broke');
    expect(io.stderr.text).not.toContain('closed under my feet');
  });
});
