import type { Case } from '../reference.ts';
import { controlScripts } from './control.ts';
import { documentScripts } from './documents.ts';
import type { Family } from './family.ts';
import { exampleCases } from './library.ts';
import { numberScripts } from './numbers.ts';
import { patternScripts } from './patterns.ts';
import { stringScripts } from './strings.ts';
import { tableScripts } from './tables.ts';

const families: readonly Family[] = [
  patternScripts,
  tableScripts,
  numberScripts,
  stringScripts,
  controlScripts,
  documentScripts,
];

/** Pods whose metadata Go wrote: one with all that a script may look for, one with nothing, and the first again. */
const full =
  '{"annotations":{"a":"1","z":"\\u003ca\\u003e \\u0026"},"creationTimestamp":"2024-01-02T03:04:05Z","generateName":"web-5d9c-",' +
  '"labels":{"app":"shop","app.kubernetes.io/name":"cart","apps":"c","b-1":"y","z":"Größe"},"name":"web-5d9c-x2x9z",' +
  '"namespace":"shop","ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,' +
  '"kind":"ReplicaSet","name":"web-5d9c","uid":"0a1b"}],"resourceVersion":"12","uid":"2c3d"}';
const pods = [full, '{}', full];

/** All cases, each with the name of its family. */
export async function readCorpus(): Promise<(Case & { readonly family: string })[]> {
  const written = families.flatMap(({ name, scripts }) =>
    scripts.map((script) => ({ family: name, script, pods })),
  );
  const examples = (await exampleCases()).map((each) => ({ family: 'examples/', ...each }));
  return [...written, ...examples];
}
