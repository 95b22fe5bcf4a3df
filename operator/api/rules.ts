import { parseDuration } from './duration.ts';
import { parseQuantity } from './quantity.ts';

/**
 * Whether a rule holds for the value it stands at, which CEL calls `self`. A value of the wrong type breaks no
 * rule: that is another error, and the API server does not come to the rules then.
 */
type Twin = (self: unknown) => boolean;

/** CEL's has(self.key), false for anything but an object. */
function has(self: unknown, key: string): boolean {
  return typeof self === 'object' && self !== null && key in self;
}

/** A rule for a string that has limits; the parser throws on what the pattern does not let through. */
function between(pattern: RegExp, parse: (text: string) => number, least: string, most: string): Twin {
  return (self) =>
    typeof self !== 'string' ||
    (pattern.test(self) && parse(self) >= parse(least) && parse(self) <= parse(most));
}

function matches(pattern: RegExp): Twin {
  return (self) => typeof self !== 'string' || pattern.test(self);
}

/**
 * The CEL rules of crds/luaplugins.yaml, by their text, as functions that hold for the same values: ajv knows no
 * CEL. Where a rule stands and what it says when it is broken comes from the YAML; a rule without its twin here
 * stops the program at start.
 */
export const celTwins: Readonly<Record<string, Twin>> = {
  'has(self.script) || has(self.scriptFrom)': (self) => has(self, 'script') || has(self, 'scriptFrom'),
  '!(has(self.script) && has(self.scriptFrom))': (self) => !(has(self, 'script') && has(self, 'scriptFrom')),
  "self.matches('^[-a-z0-9?]*([*][-a-z0-9?]*){0,4}$')": matches(/^[-a-z0-9?]*([*][-a-z0-9?]*){0,4}$/),
  "self.matches('^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$')": matches(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/),
  "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')": matches(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/),
  "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)": (self) => {
    const { operator, values } = Object(self) as { operator?: unknown; values?: unknown };
    const given = Array.isArray(values) && values.length > 0;
    if (operator === 'In' || operator === 'NotIn') return given;
    return !given || (operator !== 'Exists' && operator !== 'DoesNotExist');
  },
  "self.matches('^[0-9]{1,9}(ms|s|m)$') && duration(self) >= duration('10ms') && duration(self) <= duration('10s')":
    between(/^[0-9]{1,9}(ms|s|m)$/, parseDuration, '10ms', '10s'),
  "self.matches('^[0-9]{1,12}(Ki|Mi|Gi|k|M|G)?$') && quantity(self).compareTo(quantity('4Mi')) >= 0 && quantity(self).compareTo(quantity('256Mi')) <= 0":
    between(/^[0-9]{1,12}(Ki|Mi|Gi|k|M|G)?$/, parseQuantity, '4Mi', '256Mi'),
  '(has(self.type) || has(self.name) ? 1 : 0) + (has(self.skip) ? 1 : 0) + (has(self.error) ? 1 : 0) == 1': (
    self,
  ) => {
    const kinds = [has(self, 'type') || has(self, 'name'), has(self, 'skip'), has(self, 'error')];
    return kinds.filter(Boolean).length === 1;
  },
  'has(self.type) == has(self.name)': (self) => has(self, 'type') === has(self, 'name'),
};
