import type { ProgramCommand } from './command.ts';
import { formats } from './options.ts';

const plugin = 'a LuaPlugin in YAML or JSON, a .lua file, or - for standard input';
const metadata = "a Pod's metadata in JSON or YAML, or - for standard input";
const name = 'which plugin, where a file holds several';
const output = 'how to write the results';

/** The commands that need no cluster: what they work on is in files. */
export function addFileCommands(program: ProgramCommand): void {
  program
    .command('run')
    .description('Ask a plugin about Pods: their workloads, the time it took, and what the script prints.')
    .argument('<plugin>', plugin)
    .option('--metadata <file>', metadata)
    .option('--pods <file>', 'Pods, as "kubectl get pods -o json" prints them, or - for standard input')
    .option('--name <name>', name)
    .output(formats, output)
    .examples(
      [
        'luaplugin run examples/opengauss.yaml --pods examples/pods/opengauss.yaml',
        'kubectl get pods -A -o json | luaplugin run my-plugin.lua --pods -',
        `echo '{"name": "ledger-0"}' | luaplugin run examples/name-from-pod.yaml --metadata -`,
      ],
      'spec.match is heeded. Exit code 1: the script does not load, or a call ended in an error.',
    )
    .runs(async () => (await import('../commands/run.ts')).run);

  program
    .command('check')
    .description('Check plugins: fields, parameters, whether the script compiles and its top level runs.')
    .argument('<plugin...>', 'files or directories with LuaPlugins, .lua files, or -')
    .output(formats, output)
    .examples(
      ['luaplugin check examples', 'luaplugin check my-plugin.lua', 'kustomize build . | luaplugin check -'],
      'What is wrong is written as file:line: message. Exit code 1: something is wrong with a plugin.',
    )
    .runs(async () => (await import('../commands/check.ts')).check);

  program
    .command('test')
    .description(
      "Run the tests that plugins carry in spec.tests, with the plugins' own parameters and limits.",
    )
    .argument('<path...>', 'files or directories with LuaPlugins, or - for standard input')
    .output([...formats, 'junit'], output)
    .examples(
      [
        'luaplugin test examples',
        'luaplugin test -o junit plugins > junit.xml',
        'kustomize build . | luaplugin test -',
      ],
      'Exit code 1: a test failed or a script does not load; 2: no test was found, or a file is no good.',
    )
    .runs(async () => (await import('../commands/test/test.ts')).test);

  program
    .command('bench')
    .description(
      'Measure a plugin: calls per second, and how long half and 99 percent of the calls take at most.',
    )
    .argument('<plugin>', plugin)
    .option('--metadata <file>', metadata)
    .option('--pods <file>', 'Pods, asked about in turn; or - for standard input')
    .option('--name <name>', name)
    .time('--duration <time>', 'how long to measure', '5s')
    .output(formats, output)
    .examples(
      [
        'luaplugin bench examples/label.yaml --metadata examples/pods/label.yaml',
        'luaplugin bench my-plugin.lua --metadata pod.json --duration 30s -o json',
      ],
      'One Worker, and so one core, after a warm-up; spec.match is not looked at. P50 and P99 are the time in Lua.',
    )
    .runs(async () => (await import('../commands/bench.ts')).bench);
}
