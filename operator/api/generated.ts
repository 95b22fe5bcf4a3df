// Generated from crds/luaplugins.yaml by `node build/generate/types.ts`; do not edit.
import type { JsonObject } from './json.ts';
import type { ObjectMeta } from '../kube/client/types.ts';

/** How the API server names the resource. */
export const luaPluginResource = {
  group: 'luaplugin.dev',
  version: 'v1alpha1',
  apiVersion: 'luaplugin.dev/v1alpha1',
  kind: 'LuaPlugin',
  plural: 'luaplugins',
} as const;

/**
 * A LuaPlugin tells the operator which workload a Pod belongs to. Its Lua script defines the global function GetWorkloadTypeAndName, which gets a Pod's metadata as JSON and returns the workload's type and name, or two empty strings when the Pod is not its own.
 */
export interface LuaPlugin {
  /**
   * The version of this resource, luaplugin.dev/v1alpha1.
   */
  apiVersion: 'luaplugin.dev/v1alpha1';
  /**
   * The kind of this resource, LuaPlugin.
   */
  kind: 'LuaPlugin';
  metadata: ObjectMeta;
  /**
   * What the plugin's author wants.
   */
  spec: LuaPluginSpec;
  /**
   * What the operator observed. Only the operator writes it.
   */
  status?: LuaPluginStatus;
}

/**
 * What the plugin's author wants.
 */
export interface LuaPluginSpec {
  /**
   * The Lua source. It defines the global function GetWorkloadTypeAndName(metaJsonStr), which returns two strings, type and name; two empty strings mean that the next plugin is asked. Exactly one of script and scriptFrom is set.
   */
  script?: string;
  /**
   * Where the Lua source is kept, when it is not in script. A change there is a new revision. The operator has to be allowed to list and watch the ConfigMap; while it can't be had the plugin is not ready, with the reason ScriptNotFound, and the last good revision serves on.
   */
  scriptFrom?: ScriptSource;
  /**
   * The plugin with the highest priority is asked first; of equal ones the one whose name sorts first. The first plugin that returns a type and a name decides. Default: 0.
   */
  priority: number;
  /**
   * Keeps the object without running it. Its Pods go to the next plugin, as if it were deleted. Default: false.
   */
  suspend: boolean;
  /**
   * Enforce writes the result to the Pods. DryRun evaluates, counts in the metrics, shows in the status what would change, and writes nothing. Default: Enforce.
   */
  mode: 'Enforce' | 'DryRun';
  /**
   * Which Pods the plugin is asked about, checked before Lua runs. All of the conditions given here have to hold. Without match the plugin is asked about every Pod.
   */
  match?: Match;
  /**
   * Values for the script, which finds them in the read-only global table parameters.
   */
  parameters?: JsonObject;
  /**
   * A JSON Schema (draft-07) that parameters has to satisfy before a revision may serve; its defaults are filled in.
   */
  parametersSchema?: JsonObject;
  /**
   * What one call, and the script's Lua state, may use.
   */
  limits: Limits;
  /**
   * Cases that a revision has to pass before it may serve. They run in the sandbox, under the plugin's limits and with its parameters; match is not looked at.
   */
  tests?: TestCase[];
  /**
   * What the cluster has to offer while the plugin is loaded.
   */
  requires?: Requirements;
  /**
   * How many earlier revisions are kept for a rollback, as ControllerRevisions in the operator's namespace; 0 keeps only the one that serves. Default: 10.
   */
  revisionHistoryLimit: number;
}

/**
 * Where the Lua source is kept, when it is not in script. A change there is a new revision. The operator has to be allowed to list and watch the ConfigMap; while it can't be had the plugin is not ready, with the reason ScriptNotFound, and the last good revision serves on.
 */
export interface ScriptSource {
  /**
   * The key of a ConfigMap that holds the Lua source.
   */
  configMapKeyRef: ConfigMapKeyRef;
}

/**
 * The key of a ConfigMap that holds the Lua source.
 */
export interface ConfigMapKeyRef {
  /**
   * The ConfigMap's namespace.
   */
  namespace: string;
  /**
   * The ConfigMap's name.
   */
  name: string;
  /**
   * The key in the ConfigMap's data.
   */
  key: string;
}

/**
 * Which Pods the plugin is asked about, checked before Lua runs. All of the conditions given here have to hold. Without match the plugin is asked about every Pod.
 */
export interface Match {
  /**
   * The Pods' namespaces, by name.
   */
  namespaces?: NamespaceGlobs;
  /**
   * The labels of the Pods' namespace. An empty selector matches every namespace.
   */
  namespaceSelector?: LabelSelector;
  /**
   * The Pods' own labels. An empty selector matches every Pod.
   */
  podSelector?: LabelSelector;
  /**
   * Kinds of owners, one of which has to be among the Pod's ownerReferences. Absent or empty means any Pod, with or without owners.
   */
  owners?: OwnerKind[];
}

/**
 * The Pods' namespaces, by name.
 */
export interface NamespaceGlobs {
  /**
   * Globs, one of which has to match the namespace's whole name; * stands for any characters, ? for one. Absent or empty means every namespace.
   */
  include?: string[];
  /**
   * Globs, none of which may match. They win over include.
   */
  exclude?: string[];
}

export interface LabelSelector {
  /**
   * Labels that have to be there, each with exactly this value.
   */
  matchLabels?: Record<string, string>;
  /**
   * Requirements, all of which have to hold.
   */
  matchExpressions?: LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  /**
   * The label's key.
   */
  key: string;
  /**
   * In and NotIn compare with values; NotIn holds for a missing label too. Exists and DoesNotExist look at the key alone.
   */
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  /**
   * The label's values, for In and NotIn.
   */
  values?: string[];
}

export interface OwnerKind {
  /**
   * The group of the owner's apiVersion, without the version; empty is the core group. Absent means any group.
   */
  apiGroup?: string;
  /**
   * The owner's kind, for instance CloneSet.
   */
  kind: string;
}

/**
 * What one call, and the script's Lua state, may use.
 */
export interface Limits {
  /**
   * The wall-clock time of one call; from 10ms to 10s, as a whole number of ms or s. A call that takes longer is stopped and counts as an error. Loading the script may take 1s, or this where it is longer. Default: 50ms.
   */
  timeout: string;
  /**
   * The memory of the script's Lua state, from 4Mi to 256Mi. A script that needs more is stopped and counts as an error. Default: 16Mi.
   */
  memory: string;
}

export interface TestCase {
  /**
   * What the case shows; unique in the list.
   */
  name: string;
  /**
   * The metadata of a Pod, given to the script as JSON just as it stands here. The fields are those of a Pod, so that a slip of the pen is no test that tests nothing.
   */
  metadata: TestMetadata;
  /**
   * What the script has to answer: a type and a name, or skip (two empty strings), or an error.
   */
  expect: {type: string; name: string} | {skip: true} | {error: string};
}

/**
 * The metadata of a Pod, given to the script as JSON just as it stands here. The fields are those of a Pod, so that a slip of the pen is no test that tests nothing.
 */
export interface TestMetadata {
  /**
   * The Pod's name.
   */
  name?: string;
  /**
   * What the server made the Pod's name from.
   */
  generateName?: string;
  /**
   * The Pod's namespace.
   */
  namespace?: string;
  /**
   * The Pod's UID.
   */
  uid?: string;
  /**
   * The version of the Pod.
   */
  resourceVersion?: string;
  /**
   * The generation of the Pod's spec.
   */
  generation?: number;
  /**
   * When the Pod was created, in RFC 3339.
   */
  creationTimestamp?: string;
  /**
   * When the Pod is to be gone, in RFC 3339.
   */
  deletionTimestamp?: string;
  /**
   * How long the Pod may take to end.
   */
  deletionGracePeriodSeconds?: number;
  /**
   * The Pod's finalizers.
   */
  finalizers?: string[];
  /**
   * The Pod's owners.
   */
  ownerReferences?: TestOwner[];
  /**
   * The Pod's labels; quote values that look like a number or a boolean.
   */
  labels?: Record<string, string>;
  /**
   * The Pod's annotations; quote values that look like a number or a boolean.
   */
  annotations?: Record<string, string>;
}

export interface TestOwner {
  apiVersion?: string;
  kind?: string;
  name?: string;
  uid?: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/**
 * What the cluster has to offer while the plugin is loaded.
 */
export interface Requirements {
  /**
   * API groups, all of which have to be served, for instance apps.kruise.io. While one is missing the plugin is dormant; it starts by itself when the group appears.
   */
  apiGroups?: string[];
}

/**
 * What the operator observed. Only the operator writes it.
 */
export interface LuaPluginStatus {
  /**
   * The metadata.generation that this status speaks of; -1 until the operator has looked.
   */
  observedGeneration?: number;
  /**
   * Ready: the latest generation is loaded, tested and serving, or dormant, as an API group of spec.requires is not served. Serving: some revision serves, after a bad update the last good one. Degraded: errors recur. Stalled, only while true: waiting will not heal it, the spec has to change. Conflicted, only while true: another plugin of the same priority calls some Pod differently.
   */
  conditions?: Condition[];
  /**
   * The revision that serves; absent when none does.
   */
  activeRevision?: ActiveRevision;
  /**
   * How many Pods carry a workload from this plugin. In DryRun mode none do; see dryRun.
   */
  podsResolved?: number;
  /**
   * What the plugin would change if its mode were Enforce; absent in any other mode than DryRun.
   */
  dryRun?: DryRunReport;
  /**
   * How many calls of the serving revision ended in an error since it began to serve. A new revision starts at 0.
   */
  errors?: number;
  /**
   * The latest errors, each kind once, the newest first.
   */
  lastErrors?: ErrorSummary[];
  /**
   * The outcome of spec.tests for the latest generation.
   */
  tests?: TestSummary;
}

/**
 * One aspect of the plugin's state, as metav1.Condition has it.
 */
export interface Condition {
  /**
   * Which aspect, in CamelCase.
   */
  type: string;
  /**
   * Whether it holds.
   */
  status: 'True' | 'False' | 'Unknown';
  /**
   * The metadata.generation that this condition was set for.
   */
  observedGeneration?: number;
  /**
   * When status last changed.
   */
  lastTransitionTime: string;
  /**
   * Why, in one word, for programs.
   */
  reason: string;
  /**
   * Why, in a sentence, for people. May be empty.
   */
  message: string;
}

/**
 * The revision that serves; absent when none does.
 */
export interface ActiveRevision {
  /**
   * Counts the plugin's revisions, from 1.
   */
  number: number;
  /**
   * Identifies what the revision runs, script, parameters, limits and match.
   */
  hash: string;
  /**
   * The metadata.generation that the revision was made from.
   */
  generation: number;
}

/**
 * What the plugin would change if its mode were Enforce; absent in any other mode than DryRun.
 */
export interface DryRunReport {
  /**
   * How many Pods would carry other annotations than they do now.
   */
  podsChanging: number;
  /**
   * Some of these Pods, at most 10.
   */
  examples: DryRunExample[];
}

/**
 * One Pod, with what it carries and what it would carry.
 */
export interface DryRunExample {
  /**
   * The Pod, as namespace/name.
   */
  pod: string;
  /**
   * What a Pod carries; fields that are absent are absent there, too.
   */
  before: CarriedWorkload;
  /**
   * What a Pod carries; fields that are absent are absent there, too.
   */
  after: CarriedWorkload;
}

export interface CarriedWorkload {
  /**
   * The workload's type.
   */
  type?: string;
  /**
   * The workload's name.
   */
  name?: string;
  /**
   * What gave it, standard or LuaPlugin/ and the plugin's name.
   */
  resolvedBy?: string;
}

/**
 * One error of the script, and how often it came.
 */
export interface ErrorSummary {
  /**
   * The kind of error, as in the metric luaplugin_errors_total: compile, load, runtime, timeout, memory, invalid_result or crash.
   */
  reason: string;
  /**
   * What went wrong, at most 256 bytes.
   */
  message: string;
  /**
   * The script's line, where Lua names one.
   */
  line?: number;
  /**
   * The Pod that the script was asked about, as namespace/name.
   */
  pod?: string;
  /**
   * When it happened last.
   */
  time: string;
  /**
   * How often it happened.
   */
  count: number;
}

/**
 * The outcome of spec.tests for the latest generation.
 */
export interface TestSummary {
  /**
   * How many cases passed.
   */
  passed: number;
  /**
   * How many cases failed.
   */
  failed: number;
  /**
   * The cases that failed.
   */
  failures?: TestFailure[];
}

/**
 * One case of spec.tests that failed.
 */
export interface TestFailure {
  /**
   * The case's name.
   */
  name: string;
  /**
   * What was expected and what came.
   */
  message: string;
}

/** The schema that validateLuaPlugin checks with; the status is the operator's own and is not checked. */
export const luaPluginSchema: Record<string, unknown> = {
  "type": "object",
  "required": [
    "apiVersion",
    "kind",
    "metadata",
    "spec"
  ],
  "additionalProperties": false,
  "properties": {
    "apiVersion": {
      "type": "string",
      "enum": [
        "luaplugin.dev/v1alpha1"
      ]
    },
    "kind": {
      "type": "string",
      "enum": [
        "LuaPlugin"
      ]
    },
    "metadata": {
      "type": "object",
      "required": [
        "name"
      ],
      "properties": {
        "name": {
          "type": "string",
          "minLength": 1,
          "maxLength": 253
        }
      }
    },
    "spec": {
      "type": "object",
      "x-kubernetes-validations": [
        {
          "rule": "has(self.script) || has(self.scriptFrom)",
          "message": "set script (the Lua source itself) or scriptFrom (the ConfigMap that holds it), one of the two"
        },
        {
          "rule": "!(has(self.script) && has(self.scriptFrom))",
          "message": "script and scriptFrom exclude each other, remove one of the two"
        }
      ],
      "properties": {
        "script": {
          "type": "string",
          "minLength": 1,
          "maxLength": 262144
        },
        "scriptFrom": {
          "type": "object",
          "required": [
            "configMapKeyRef"
          ],
          "properties": {
            "configMapKeyRef": {
              "type": "object",
              "required": [
                "namespace",
                "name",
                "key"
              ],
              "properties": {
                "namespace": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 63,
                  "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
                },
                "name": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 253,
                  "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
                },
                "key": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 253,
                  "pattern": "^[-._a-zA-Z0-9]+$"
                }
              },
              "additionalProperties": false
            }
          },
          "additionalProperties": false
        },
        "priority": {
          "type": "integer",
          "default": 0,
          "minimum": -1000000,
          "maximum": 1000000
        },
        "suspend": {
          "type": "boolean",
          "default": false
        },
        "mode": {
          "type": "string",
          "default": "Enforce",
          "enum": [
            "Enforce",
            "DryRun"
          ]
        },
        "match": {
          "type": "object",
          "properties": {
            "namespaces": {
              "type": "object",
              "properties": {
                "include": {
                  "type": "array",
                  "maxItems": 100,
                  "uniqueItems": true,
                  "items": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 63,
                    "x-kubernetes-validations": [
                      {
                        "rule": "self.matches('^[-a-z0-9?]*([*][-a-z0-9?]*){0,4}$')",
                        "message": "must be a namespace's name or a glob, * stands for any characters (at most four of them) and ? for one"
                      }
                    ]
                  }
                },
                "exclude": {
                  "type": "array",
                  "maxItems": 100,
                  "uniqueItems": true,
                  "items": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 63,
                    "x-kubernetes-validations": [
                      {
                        "rule": "self.matches('^[-a-z0-9?]*([*][-a-z0-9?]*){0,4}$')",
                        "message": "must be a namespace's name or a glob, * stands for any characters (at most four of them) and ? for one"
                      }
                    ]
                  }
                }
              },
              "additionalProperties": false
            },
            "namespaceSelector": {
              "type": "object",
              "properties": {
                "matchLabels": {
                  "type": "object",
                  "maxProperties": 64,
                  "additionalProperties": {
                    "type": "string",
                    "maxLength": 63
                  }
                },
                "matchExpressions": {
                  "type": "array",
                  "maxItems": 32,
                  "items": {
                    "type": "object",
                    "required": [
                      "key",
                      "operator"
                    ],
                    "x-kubernetes-validations": [
                      {
                        "rule": "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
                        "message": "set values for the operators In and NotIn, and leave them out for Exists and DoesNotExist"
                      }
                    ],
                    "properties": {
                      "key": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 317
                      },
                      "operator": {
                        "type": "string",
                        "enum": [
                          "In",
                          "NotIn",
                          "Exists",
                          "DoesNotExist"
                        ]
                      },
                      "values": {
                        "type": "array",
                        "maxItems": 64,
                        "items": {
                          "type": "string",
                          "maxLength": 63
                        }
                      }
                    },
                    "additionalProperties": false
                  }
                }
              },
              "additionalProperties": false
            },
            "podSelector": {
              "type": "object",
              "properties": {
                "matchLabels": {
                  "type": "object",
                  "maxProperties": 64,
                  "additionalProperties": {
                    "type": "string",
                    "maxLength": 63
                  }
                },
                "matchExpressions": {
                  "type": "array",
                  "maxItems": 32,
                  "items": {
                    "type": "object",
                    "required": [
                      "key",
                      "operator"
                    ],
                    "x-kubernetes-validations": [
                      {
                        "rule": "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
                        "message": "set values for the operators In and NotIn, and leave them out for Exists and DoesNotExist"
                      }
                    ],
                    "properties": {
                      "key": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 317
                      },
                      "operator": {
                        "type": "string",
                        "enum": [
                          "In",
                          "NotIn",
                          "Exists",
                          "DoesNotExist"
                        ]
                      },
                      "values": {
                        "type": "array",
                        "maxItems": 64,
                        "items": {
                          "type": "string",
                          "maxLength": 63
                        }
                      }
                    },
                    "additionalProperties": false
                  }
                }
              },
              "additionalProperties": false
            },
            "owners": {
              "type": "array",
              "maxItems": 64,
              "items": {
                "type": "object",
                "required": [
                  "kind"
                ],
                "properties": {
                  "apiGroup": {
                    "type": "string",
                    "maxLength": 253,
                    "x-kubernetes-validations": [
                      {
                        "rule": "self.matches('^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$')",
                        "message": "must be an API group without its version, for instance apps.kruise.io"
                      }
                    ]
                  },
                  "kind": {
                    "type": "string",
                    "maxLength": 63,
                    "pattern": "^[A-Za-z][A-Za-z0-9]{0,62}$"
                  }
                },
                "additionalProperties": false
              }
            }
          },
          "additionalProperties": false
        },
        "parameters": {
          "type": "object"
        },
        "parametersSchema": {
          "type": "object"
        },
        "limits": {
          "type": "object",
          "default": {},
          "properties": {
            "timeout": {
              "type": "string",
              "default": "50ms",
              "maxLength": 16,
              "x-kubernetes-validations": [
                {
                  "rule": "self.matches('^[0-9]{1,9}(ms|s|m)$') && duration(self) >= duration('10ms') && duration(self) <= duration('10s')",
                  "message": "must be a whole number of ms or s from 10ms to 10s, for instance 50ms or 1s"
                }
              ]
            },
            "memory": {
              "type": "string",
              "default": "16Mi",
              "maxLength": 16,
              "x-kubernetes-validations": [
                {
                  "rule": "self.matches('^[0-9]{1,12}(Ki|Mi|Gi|k|M|G)?$') && quantity(self).compareTo(quantity('4Mi')) >= 0 && quantity(self).compareTo(quantity('256Mi')) <= 0",
                  "message": "must be a quantity of bytes from 4Mi to 256Mi, for instance 32Mi or 64M"
                }
              ]
            }
          },
          "additionalProperties": false
        },
        "tests": {
          "type": "array",
          "maxItems": 100,
          "x-kubernetes-list-map-keys": [
            "name"
          ],
          "items": {
            "type": "object",
            "required": [
              "name",
              "metadata",
              "expect"
            ],
            "properties": {
              "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253
              },
              "metadata": {
                "type": "object",
                "properties": {
                  "name": {
                    "type": "string",
                    "maxLength": 253
                  },
                  "generateName": {
                    "type": "string",
                    "maxLength": 253
                  },
                  "namespace": {
                    "type": "string",
                    "maxLength": 63
                  },
                  "uid": {
                    "type": "string",
                    "maxLength": 128
                  },
                  "resourceVersion": {
                    "type": "string",
                    "maxLength": 64
                  },
                  "generation": {
                    "type": "integer",
                    "minimum": -2147483648,
                    "maximum": 2147483647
                  },
                  "creationTimestamp": {
                    "type": "string",
                    "maxLength": 64
                  },
                  "deletionTimestamp": {
                    "type": "string",
                    "maxLength": 64
                  },
                  "deletionGracePeriodSeconds": {
                    "type": "integer",
                    "minimum": -2147483648,
                    "maximum": 2147483647
                  },
                  "finalizers": {
                    "type": "array",
                    "maxItems": 64,
                    "items": {
                      "type": "string",
                      "maxLength": 317
                    }
                  },
                  "ownerReferences": {
                    "type": "array",
                    "maxItems": 64,
                    "items": {
                      "type": "object",
                      "properties": {
                        "apiVersion": {
                          "type": "string",
                          "maxLength": 317
                        },
                        "kind": {
                          "type": "string",
                          "maxLength": 63
                        },
                        "name": {
                          "type": "string",
                          "maxLength": 253
                        },
                        "uid": {
                          "type": "string",
                          "maxLength": 128
                        },
                        "controller": {
                          "type": "boolean"
                        },
                        "blockOwnerDeletion": {
                          "type": "boolean"
                        }
                      },
                      "additionalProperties": false
                    }
                  },
                  "labels": {
                    "type": "object",
                    "maxProperties": 256,
                    "additionalProperties": {
                      "type": "string",
                      "maxLength": 63
                    }
                  },
                  "annotations": {
                    "type": "object",
                    "maxProperties": 256,
                    "additionalProperties": {
                      "type": "string",
                      "maxLength": 262144
                    }
                  }
                },
                "additionalProperties": false
              },
              "expect": {
                "type": "object",
                "x-kubernetes-validations": [
                  {
                    "rule": "(has(self.type) || has(self.name) ? 1 : 0) + (has(self.skip) ? 1 : 0) + (has(self.error) ? 1 : 0) == 1",
                    "message": "set exactly one of these: type and name, skip: true, or error"
                  },
                  {
                    "rule": "has(self.type) == has(self.name)",
                    "message": "set type and name together, a workload has both"
                  }
                ],
                "properties": {
                  "type": {
                    "type": "string",
                    "maxLength": 63,
                    "pattern": "^[A-Za-z][A-Za-z0-9]{0,62}$"
                  },
                  "name": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 253
                  },
                  "skip": {
                    "type": "boolean",
                    "enum": [
                      true
                    ]
                  },
                  "error": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 256
                  }
                },
                "additionalProperties": false
              }
            },
            "additionalProperties": false
          }
        },
        "requires": {
          "type": "object",
          "properties": {
            "apiGroups": {
              "type": "array",
              "maxItems": 32,
              "uniqueItems": true,
              "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "x-kubernetes-validations": [
                  {
                    "rule": "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
                    "message": "must be an API group without its version, for instance apps.kruise.io"
                  }
                ]
              }
            }
          },
          "additionalProperties": false
        },
        "revisionHistoryLimit": {
          "type": "integer",
          "default": 10,
          "minimum": 0,
          "maximum": 1000
        }
      },
      "additionalProperties": false
    },
    "status": {}
  }
};
