import { Argument, Command, Option } from 'commander';
import { durationOption } from '../../input/duration-option.ts';
import { formats } from '../../output/format.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin bench` takes. */
export function benchCommand(io: Io, finish: Finish): Command {
  return new Command('bench')
    .description(
      'Measure a plugin: calls per second, and how long half and 99 percent of the calls take at most.',
    )
    .addArgument(
      new Argument('<plugin>', 'a LuaPlugin in YAML or JSON, a .lua file, or - for standard input'),
    )
    .option('--metadata <file>', "a Pod's metadata in JSON or YAML, or - for standard input")
    .option('--pods <file>', 'Pods, asked about in turn; or - for standard input')
    .option('--name <name>', 'which plugin, where a file holds several')
    .addOption(
      new Option('--duration <time>', 'how long to measure').argParser(durationOption).default(5_000, '5s'),
    )
    .addOption(
      new Option('-o, --output <format>', 'how to write the results').choices(formats).default('table'),
    )
    .addHelpText(
      'after',
      helpEnd(
        [
          'luaplugin bench examples/label.yaml --metadata examples/pods/label.yaml',
          'luaplugin bench my-plugin.lua --metadata pod.json --duration 30s -o json',
        ],
        'One Worker, and so one core, after a warm-up; spec.match is not looked at. P50 and P99 are the time in Lua.',
      ),
    )
    .action(async (plugin: string, options) =>
      finish(await (await import('./bench.ts')).bench(plugin, options, io)),
    );
}
