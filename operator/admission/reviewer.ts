import { findExcess } from '../api/bounds.ts';
import type { LuaPlugin } from '../api/generated.ts';
import { validateLuaPlugin } from '../api/validate.ts';
import { luaAdvice } from '../plugins/script/lua-advice.ts';
import { programId } from '../plugins/script/program.ts';
import type { AdmissionRequest } from './admission-review.ts';
import { type Judgement, judge } from './judge.ts';
import { OverrunError, type ReviewSandbox } from './review-sandbox.ts';
import { scopeOf } from './scope.ts';
import { allowed, type Cause, refused, type Verdict, warned } from './verdict.ts';

export interface ReviewerOptions {
  readonly sandbox: Pick<ReviewSandbox, 'use'>;
}

/** Scripts under review at a time; the next ones are let through with a warning. */
const maxReviews = 4;

/** Says of a LuaPlugin that somebody applies whether it could serve. In doubt it may be stored. */
export class Reviewer {
  readonly #options: ReviewerOptions;
  #reviews = 0;
  #count = 0;

  constructor(options: ReviewerOptions) {
    this.#options = options;
  }

  /**
   * Never rejects: what can't be found out in time is a warning.
   * @param budgetMs how long the caller can wait
   */
  async review(request: AdmissionRequest, budgetMs: number): Promise<Verdict> {
    const scope = scopeOf(request);
    if (scope === 'none') return allowed;
    const name = nameOf(request);
    const checked = validPlugin(request.object, name);
    const { causes, warnings } =
      'causes' in checked
        ? { causes: checked.causes, warnings: [] }
        : await this.#examine(checked.plugin, budgetMs);
    if (causes.length === 0) return warned(...warnings);
    if (scope === 'refuse') return refused(causes);
    const parked = causes.map(({ field, message }) => `suspended, and could not serve: ${field}: ${message}`);
    return warned(...parked, ...warnings);
  }

  async #examine(plugin: LuaPlugin, budgetMs: number): Promise<Verdict> {
    if (this.#reviews >= maxReviews) {
      return warned(notToTheEnd('other plugins are under review; see the condition Ready'));
    }
    const { causes, doubts } = await this.#judge(plugin, budgetMs);
    // Nobody hears advice on what is refused, and it costs time that the operator's own work waits for.
    if (causes.length > 0) return { causes, warnings: [] };
    return { causes, warnings: [...doubts.map(notToTheEnd), ...advice(plugin)] };
  }

  async #judge(plugin: LuaPlugin, budgetMs: number): Promise<Judgement> {
    const { sandbox } = this.#options;
    this.#reviews += 1;
    this.#count += 1;
    const id = programId(plugin.metadata.name, 0, this.#count);
    try {
      return await sandbox.use(budgetMs, (lent) => judge(plugin, id, lent));
    } catch (error) {
      const why =
        error instanceof OverrunError
          ? 'the script and its tests take longer than the webhook may'
          : `the sandbox for reviews gave up (${error instanceof Error ? error.message : String(error)})`;
      return { causes: [], doubts: [`${why}; see the condition Ready`] };
    } finally {
      this.#reviews -= 1;
    }
  }
}

/** The name that messages use; a plugin that gets its name from the API server has none yet. */
export function nameOf({ name, object }: AdmissionRequest): string {
  const { name: own, generateName } = Object(Object(object).metadata);
  for (const candidate of [own, name, generateName]) {
    if (typeof candidate === 'string' && candidate !== '') return candidate.slice(0, maxNameLength);
  }
  return 'luaplugin';
}

const maxNameLength = 253;

function validPlugin(object: unknown, name: string): { plugin: LuaPlugin } | { causes: readonly Cause[] } {
  const { apiVersion, kind, spec } = Object(object);
  const excess = findExcess(spec);
  if (excess !== undefined) return { causes: [{ field: excess.path, message: excess.message }] };
  // The API server has checked the metadata, and they may hold anything.
  const checked = validateLuaPlugin({ apiVersion, kind, metadata: { name }, spec });
  if (checked.ok) return checked;
  return { causes: checked.errors.map(({ path, message }) => ({ field: path || 'spec', message })) };
}

function notToTheEnd(doubt: string): string {
  return `not checked to the end: ${doubt}`;
}

/** Characters of a script that are looked at for advice: 64 Ki of them take up to 50 ms of the operator's own time. */
const advisedCharacters = 65_536;

/** What the author of a plugin should know although it can serve. */
function advice({ metadata, spec }: LuaPlugin): string[] {
  const { name } = metadata;
  const { script, tests = [] } = spec;
  const differences = luaAdvice((script ?? '').slice(0, advisedCharacters)).map(
    ({ line, message }) => `${name}:${line}: ${message}`,
  );
  return [
    ...differences,
    ...(script === undefined
      ? ['spec.scriptFrom: a script in a ConfigMap is not checked here; see the condition Ready']
      : []),
    ...(tests.length === 0
      ? ['spec.tests: there are none; with tests, a change that breaks the script never serves']
      : []),
  ];
}
