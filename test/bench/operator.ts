import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatDuration, streamProgress } from '../cluster/progress.ts';
import { type Report, reportText } from './operator/report.ts';
import { type Measure, measures, run } from './operator/run.ts';
import { fullSize, quickSize } from './operator/sizes.ts';

const builtOperator = fileURLToPath(new URL('../../dist/operator/main.js', import.meta.url));

const usage = `Usage: make bench ARGS='[options]'

Measures the built operator on a cluster of kwok with a real API server, in one run.

  --full              up to 100,000 Pods, about twenty minutes; otherwise up to 10,000 in about four
  --only NAME         measure only this: ${measures.join(', ')}; may be given several times
  --json FILE         write the figures there after each measure, as JSON
  --operator FILE     the operator to measure; what make build made (dist/operator/main.js) by default
  --profile DIRECTORY let V8 write there what each run of the operator spent its CPU on (.cpuprofile)
  --help
`;

class UsageError extends Error {}

try {
  await main();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${usage}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(): Promise<void> {
  const values = readArguments();
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const size = values.full ? fullSize : quickSize;
  const wanted = new Set(values.only.length === 0 ? measures : values.only.map(toMeasure));
  const progress = streamProgress(process.stderr);
  const subject = { entry: resolve(values.operator), profileDirectory: values.profile };
  const onReport = async (soFar: Report) => {
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(soFar, null, 2)}\n`);
  };
  const report = await run({ size, wanted, subject, progress, onReport });
  progress.line(`measured in ${formatDuration(report.seconds * 1000)}`);
  process.stdout.write(`\n${reportText(report)}`);
  await onReport(report);
  if (report.failures.length > 0) process.exitCode = 1;
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        full: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        json: { type: 'string' },
        operator: { type: 'string', default: builtOperator },
        profile: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function toMeasure(name: string): Measure {
  const found = measures.find((measure) => measure === name);
  if (found === undefined) throw new UsageError(`--only ${name}: there is ${measures.join(', ')}`);
  return found;
}
