// Made from config/ by node build/manifests.ts; change that, then run make generate.
import type { Manifest } from './manifest.ts';
import type { Variant } from './variants.ts';

/** The objects of all variants, in the order in which they are applied, each with the variants that have it so. */
export const bundled: readonly { readonly variants: readonly Variant[]; readonly object: Manifest }[] = [
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "v1",
      "kind": "Namespace",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "operator",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0",
          "pod-security.kubernetes.io/audit": "restricted",
          "pod-security.kubernetes.io/enforce": "restricted",
          "pod-security.kubernetes.io/warn": "restricted"
        },
        "name": "luaplugin-system"
      }
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "apiextensions.k8s.io/v1",
      "kind": "CustomResourceDefinition",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "crd",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator"
        },
        "name": "luaplugins.luaplugin.dev"
      },
      "spec": {
        "group": "luaplugin.dev",
        "names": {
          "categories": [
            "observability"
          ],
          "kind": "LuaPlugin",
          "listKind": "LuaPluginList",
          "plural": "luaplugins",
          "shortNames": [
            "lp"
          ],
          "singular": "luaplugin"
        },
        "scope": "Cluster",
        "versions": [
          {
            "additionalPrinterColumns": [
              {
                "description": "Whether the latest generation is loaded, tested and serving.",
                "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status",
                "name": "Ready",
                "type": "string"
              },
              {
                "description": "Plugins with a higher priority are asked first.",
                "jsonPath": ".spec.priority",
                "name": "Priority",
                "type": "integer"
              },
              {
                "description": "The revision that serves.",
                "jsonPath": ".status.activeRevision.number",
                "name": "Revision",
                "type": "integer"
              },
              {
                "description": "How many Pods the plugin resolves.",
                "jsonPath": ".status.podsResolved",
                "name": "Pods",
                "type": "integer"
              },
              {
                "description": "How many calls of the serving revision ended in an error.",
                "jsonPath": ".status.errors",
                "name": "Errors",
                "type": "integer"
              },
              {
                "description": "Whether the plugin writes to Pods.",
                "jsonPath": ".spec.mode",
                "name": "Mode",
                "priority": 1,
                "type": "string"
              },
              {
                "description": "Why the plugin is ready or not.",
                "jsonPath": ".status.conditions[?(@.type==\"Ready\")].message",
                "name": "Message",
                "priority": 1,
                "type": "string"
              },
              {
                "jsonPath": ".metadata.creationTimestamp",
                "name": "Age",
                "type": "date"
              }
            ],
            "name": "v1alpha1",
            "schema": {
              "openAPIV3Schema": {
                "description": "A LuaPlugin tells the operator which workload a Pod belongs to. Its Lua script defines the global function GetWorkloadTypeAndName, which gets a Pod's metadata as JSON and returns the workload's type and name, or two empty strings when the Pod is not its own.",
                "properties": {
                  "apiVersion": {
                    "description": "The version of this resource, luaplugin.dev/v1alpha1.",
                    "type": "string"
                  },
                  "kind": {
                    "description": "The kind of this resource, LuaPlugin.",
                    "type": "string"
                  },
                  "metadata": {
                    "type": "object"
                  },
                  "spec": {
                    "description": "What the plugin's author wants.",
                    "properties": {
                      "limits": {
                        "default": {},
                        "description": "What one call, and the script's Lua state, may use.",
                        "properties": {
                          "memory": {
                            "default": "16Mi",
                            "description": "The memory of the script's Lua state, from 4Mi to 256Mi. A script that needs more is stopped and counts as an error.",
                            "maxLength": 16,
                            "type": "string",
                            "x-kubernetes-validations": [
                              {
                                "message": "must be a quantity of bytes from 4Mi to 256Mi, for instance 32Mi or 64M",
                                "rule": "self.matches('^[0-9]{1,12}(Ki|Mi|Gi|k|M|G)?$') && quantity(self).compareTo(quantity('4Mi')) >= 0 && quantity(self).compareTo(quantity('256Mi')) <= 0"
                              }
                            ]
                          },
                          "timeout": {
                            "default": "50ms",
                            "description": "The wall-clock time of one call; from 10ms to 10s, as a whole number of ms or s. A call that takes longer is stopped and counts as an error. Loading the script may take 1s, or this where it is longer.",
                            "maxLength": 16,
                            "type": "string",
                            "x-kubernetes-validations": [
                              {
                                "message": "must be a whole number of ms or s from 10ms to 10s, for instance 50ms or 1s",
                                "rule": "self.matches('^[0-9]{1,9}(ms|s|m)$') && duration(self) >= duration('10ms') && duration(self) <= duration('10s')"
                              }
                            ]
                          }
                        },
                        "type": "object"
                      },
                      "match": {
                        "description": "Which Pods the plugin is asked about, checked before Lua runs. All of the conditions given here have to hold. Without match the plugin is asked about every Pod.",
                        "properties": {
                          "namespaceSelector": {
                            "description": "The labels of the Pods' namespace. An empty selector matches every namespace.",
                            "properties": {
                              "matchExpressions": {
                                "description": "Requirements, all of which have to hold.",
                                "items": {
                                  "properties": {
                                    "key": {
                                      "description": "The label's key.",
                                      "maxLength": 317,
                                      "minLength": 1,
                                      "type": "string"
                                    },
                                    "operator": {
                                      "description": "In and NotIn compare with values; NotIn holds for a missing label too. Exists and DoesNotExist look at the key alone.",
                                      "enum": [
                                        "In",
                                        "NotIn",
                                        "Exists",
                                        "DoesNotExist"
                                      ],
                                      "type": "string"
                                    },
                                    "values": {
                                      "description": "The label's values, for In and NotIn.",
                                      "items": {
                                        "maxLength": 63,
                                        "type": "string"
                                      },
                                      "maxItems": 64,
                                      "type": "array",
                                      "x-kubernetes-list-type": "atomic"
                                    }
                                  },
                                  "required": [
                                    "key",
                                    "operator"
                                  ],
                                  "type": "object",
                                  "x-kubernetes-validations": [
                                    {
                                      "message": "set values for the operators In and NotIn, and leave them out for Exists and DoesNotExist",
                                      "rule": "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)"
                                    }
                                  ]
                                },
                                "maxItems": 32,
                                "type": "array",
                                "x-kubernetes-list-type": "atomic"
                              },
                              "matchLabels": {
                                "additionalProperties": {
                                  "maxLength": 63,
                                  "type": "string"
                                },
                                "description": "Labels that have to be there, each with exactly this value.",
                                "maxProperties": 64,
                                "type": "object"
                              }
                            },
                            "type": "object",
                            "x-kubernetes-map-type": "atomic"
                          },
                          "namespaces": {
                            "description": "The Pods' namespaces, by name.",
                            "properties": {
                              "exclude": {
                                "description": "Globs, none of which may match. They win over include.",
                                "items": {
                                  "maxLength": 63,
                                  "minLength": 1,
                                  "type": "string",
                                  "x-kubernetes-validations": [
                                    {
                                      "message": "must be a namespace's name or a glob, * stands for any characters (at most four of them) and ? for one",
                                      "rule": "self.matches('^[-a-z0-9?]*([*][-a-z0-9?]*){0,4}$')"
                                    }
                                  ]
                                },
                                "maxItems": 100,
                                "type": "array",
                                "x-kubernetes-list-type": "set"
                              },
                              "include": {
                                "description": "Globs, one of which has to match the namespace's whole name; * stands for any characters, ? for one. Absent or empty means every namespace.",
                                "items": {
                                  "maxLength": 63,
                                  "minLength": 1,
                                  "type": "string",
                                  "x-kubernetes-validations": [
                                    {
                                      "message": "must be a namespace's name or a glob, * stands for any characters (at most four of them) and ? for one",
                                      "rule": "self.matches('^[-a-z0-9?]*([*][-a-z0-9?]*){0,4}$')"
                                    }
                                  ]
                                },
                                "maxItems": 100,
                                "type": "array",
                                "x-kubernetes-list-type": "set"
                              }
                            },
                            "type": "object"
                          },
                          "owners": {
                            "description": "Kinds of owners, one of which has to be among the Pod's ownerReferences. Absent or empty means any Pod, with or without owners.",
                            "items": {
                              "properties": {
                                "apiGroup": {
                                  "description": "The group of the owner's apiVersion, without the version; empty is the core group. Absent means any group.",
                                  "maxLength": 253,
                                  "type": "string",
                                  "x-kubernetes-validations": [
                                    {
                                      "message": "must be an API group without its version, for instance apps.kruise.io",
                                      "rule": "self.matches('^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$')"
                                    }
                                  ]
                                },
                                "kind": {
                                  "description": "The owner's kind, for instance CloneSet.",
                                  "maxLength": 63,
                                  "pattern": "^[A-Za-z][A-Za-z0-9]{0,62}$",
                                  "type": "string"
                                }
                              },
                              "required": [
                                "kind"
                              ],
                              "type": "object"
                            },
                            "maxItems": 64,
                            "type": "array",
                            "x-kubernetes-list-type": "atomic"
                          },
                          "podSelector": {
                            "description": "The Pods' own labels. An empty selector matches every Pod.",
                            "properties": {
                              "matchExpressions": {
                                "description": "Requirements, all of which have to hold.",
                                "items": {
                                  "properties": {
                                    "key": {
                                      "description": "The label's key.",
                                      "maxLength": 317,
                                      "minLength": 1,
                                      "type": "string"
                                    },
                                    "operator": {
                                      "description": "In and NotIn compare with values; NotIn holds for a missing label too. Exists and DoesNotExist look at the key alone.",
                                      "enum": [
                                        "In",
                                        "NotIn",
                                        "Exists",
                                        "DoesNotExist"
                                      ],
                                      "type": "string"
                                    },
                                    "values": {
                                      "description": "The label's values, for In and NotIn.",
                                      "items": {
                                        "maxLength": 63,
                                        "type": "string"
                                      },
                                      "maxItems": 64,
                                      "type": "array",
                                      "x-kubernetes-list-type": "atomic"
                                    }
                                  },
                                  "required": [
                                    "key",
                                    "operator"
                                  ],
                                  "type": "object",
                                  "x-kubernetes-validations": [
                                    {
                                      "message": "set values for the operators In and NotIn, and leave them out for Exists and DoesNotExist",
                                      "rule": "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)"
                                    }
                                  ]
                                },
                                "maxItems": 32,
                                "type": "array",
                                "x-kubernetes-list-type": "atomic"
                              },
                              "matchLabels": {
                                "additionalProperties": {
                                  "maxLength": 63,
                                  "type": "string"
                                },
                                "description": "Labels that have to be there, each with exactly this value.",
                                "maxProperties": 64,
                                "type": "object"
                              }
                            },
                            "type": "object",
                            "x-kubernetes-map-type": "atomic"
                          }
                        },
                        "type": "object"
                      },
                      "mode": {
                        "default": "Enforce",
                        "description": "Enforce writes the result to the Pods. DryRun evaluates, counts in the metrics, shows in the status what would change, and writes nothing.",
                        "enum": [
                          "Enforce",
                          "DryRun"
                        ],
                        "type": "string"
                      },
                      "parameters": {
                        "description": "Values for the script, which finds them in the read-only global table parameters.",
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": true
                      },
                      "parametersSchema": {
                        "description": "A JSON Schema (draft-07) that parameters has to satisfy before a revision may serve; its defaults are filled in.",
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": true
                      },
                      "priority": {
                        "default": 0,
                        "description": "The plugin with the highest priority is asked first; of equal ones the one whose name sorts first. The first plugin that returns a type and a name decides.",
                        "format": "int32",
                        "maximum": 1000000,
                        "minimum": -1000000,
                        "type": "integer"
                      },
                      "requires": {
                        "description": "What the cluster has to offer while the plugin is loaded.",
                        "properties": {
                          "apiGroups": {
                            "description": "API groups, all of which have to be served, for instance apps.kruise.io. While one is missing the plugin is not ready; it starts by itself when the group appears.",
                            "items": {
                              "maxLength": 253,
                              "minLength": 1,
                              "type": "string",
                              "x-kubernetes-validations": [
                                {
                                  "message": "must be an API group without its version, for instance apps.kruise.io",
                                  "rule": "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')"
                                }
                              ]
                            },
                            "maxItems": 32,
                            "type": "array",
                            "x-kubernetes-list-type": "set"
                          }
                        },
                        "type": "object"
                      },
                      "revisionHistoryLimit": {
                        "default": 10,
                        "description": "How many earlier revisions are kept for a rollback, as ControllerRevisions in the operator's namespace; 0 keeps only the one that serves.",
                        "format": "int32",
                        "maximum": 1000,
                        "minimum": 0,
                        "type": "integer"
                      },
                      "script": {
                        "description": "The Lua source. It defines the global function GetWorkloadTypeAndName(metaJsonStr), which returns two strings, type and name; two empty strings mean that the next plugin is asked. Exactly one of script and scriptFrom is set.",
                        "maxLength": 262144,
                        "minLength": 1,
                        "type": "string"
                      },
                      "scriptFrom": {
                        "description": "Where the Lua source is kept, when it is not in script. A change there is a new revision. The operator has to be allowed to list and watch the ConfigMap; while it can't be had the plugin is not ready, with the reason ScriptNotFound, and the last good revision serves on.",
                        "properties": {
                          "configMapKeyRef": {
                            "description": "The key of a ConfigMap that holds the Lua source.",
                            "properties": {
                              "key": {
                                "description": "The key in the ConfigMap's data.",
                                "maxLength": 253,
                                "minLength": 1,
                                "pattern": "^[-._a-zA-Z0-9]+$",
                                "type": "string"
                              },
                              "name": {
                                "description": "The ConfigMap's name.",
                                "maxLength": 253,
                                "minLength": 1,
                                "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
                                "type": "string"
                              },
                              "namespace": {
                                "description": "The ConfigMap's namespace.",
                                "maxLength": 63,
                                "minLength": 1,
                                "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
                                "type": "string"
                              }
                            },
                            "required": [
                              "namespace",
                              "name",
                              "key"
                            ],
                            "type": "object"
                          }
                        },
                        "required": [
                          "configMapKeyRef"
                        ],
                        "type": "object"
                      },
                      "suspend": {
                        "default": false,
                        "description": "Keeps the object without running it. Its Pods go to the next plugin, as if it were deleted.",
                        "type": "boolean"
                      },
                      "tests": {
                        "description": "Cases that a revision has to pass before it may serve. They run in the sandbox, under the plugin's limits and with its parameters; match is not looked at.",
                        "items": {
                          "properties": {
                            "expect": {
                              "description": "What the script has to answer: a type and a name, or skip (two empty strings), or an error.",
                              "properties": {
                                "error": {
                                  "description": "A text that has to be part of the error that the call ends in, as the status shows it; upper and lower case count.",
                                  "maxLength": 256,
                                  "minLength": 1,
                                  "type": "string"
                                },
                                "name": {
                                  "description": "The workload's name that the script has to return.",
                                  "maxLength": 253,
                                  "minLength": 1,
                                  "type": "string"
                                },
                                "skip": {
                                  "description": "True when the script has to leave this Pod to the next plugin.",
                                  "enum": [
                                    true
                                  ],
                                  "type": "boolean"
                                },
                                "type": {
                                  "description": "The workload's type that the script has to return.",
                                  "maxLength": 63,
                                  "pattern": "^[A-Za-z][A-Za-z0-9]{0,62}$",
                                  "type": "string"
                                }
                              },
                              "type": "object",
                              "x-kubernetes-validations": [
                                {
                                  "message": "set exactly one of these: type and name, skip: true, or error",
                                  "rule": "(has(self.type) || has(self.name) ? 1 : 0) + (has(self.skip) ? 1 : 0) + (has(self.error) ? 1 : 0) == 1"
                                },
                                {
                                  "message": "set type and name together, a workload has both",
                                  "rule": "has(self.type) == has(self.name)"
                                }
                              ]
                            },
                            "metadata": {
                              "description": "The metadata of a Pod, given to the script as JSON just as it stands here. The fields are those of a Pod, so that a slip of the pen is no test that tests nothing.",
                              "properties": {
                                "annotations": {
                                  "additionalProperties": {
                                    "maxLength": 262144,
                                    "type": "string"
                                  },
                                  "description": "The Pod's annotations; quote values that look like a number or a boolean.",
                                  "maxProperties": 256,
                                  "type": "object"
                                },
                                "creationTimestamp": {
                                  "description": "When the Pod was created, in RFC 3339.",
                                  "maxLength": 64,
                                  "type": "string"
                                },
                                "deletionGracePeriodSeconds": {
                                  "description": "How long the Pod may take to end.",
                                  "format": "int32",
                                  "type": "integer"
                                },
                                "deletionTimestamp": {
                                  "description": "When the Pod is to be gone, in RFC 3339.",
                                  "maxLength": 64,
                                  "type": "string"
                                },
                                "finalizers": {
                                  "description": "The Pod's finalizers.",
                                  "items": {
                                    "maxLength": 317,
                                    "type": "string"
                                  },
                                  "maxItems": 64,
                                  "type": "array"
                                },
                                "generateName": {
                                  "description": "What the server made the Pod's name from.",
                                  "maxLength": 253,
                                  "type": "string"
                                },
                                "generation": {
                                  "description": "The generation of the Pod's spec.",
                                  "format": "int32",
                                  "type": "integer"
                                },
                                "labels": {
                                  "additionalProperties": {
                                    "maxLength": 63,
                                    "type": "string"
                                  },
                                  "description": "The Pod's labels; quote values that look like a number or a boolean.",
                                  "maxProperties": 256,
                                  "type": "object"
                                },
                                "name": {
                                  "description": "The Pod's name.",
                                  "maxLength": 253,
                                  "type": "string"
                                },
                                "namespace": {
                                  "description": "The Pod's namespace.",
                                  "maxLength": 63,
                                  "type": "string"
                                },
                                "ownerReferences": {
                                  "description": "The Pod's owners.",
                                  "items": {
                                    "properties": {
                                      "apiVersion": {
                                        "maxLength": 317,
                                        "type": "string"
                                      },
                                      "blockOwnerDeletion": {
                                        "type": "boolean"
                                      },
                                      "controller": {
                                        "type": "boolean"
                                      },
                                      "kind": {
                                        "maxLength": 63,
                                        "type": "string"
                                      },
                                      "name": {
                                        "maxLength": 253,
                                        "type": "string"
                                      },
                                      "uid": {
                                        "maxLength": 128,
                                        "type": "string"
                                      }
                                    },
                                    "type": "object"
                                  },
                                  "maxItems": 64,
                                  "type": "array"
                                },
                                "resourceVersion": {
                                  "description": "The version of the Pod.",
                                  "maxLength": 64,
                                  "type": "string"
                                },
                                "uid": {
                                  "description": "The Pod's UID.",
                                  "maxLength": 128,
                                  "type": "string"
                                }
                              },
                              "type": "object"
                            },
                            "name": {
                              "description": "What the case shows; unique in the list.",
                              "maxLength": 253,
                              "minLength": 1,
                              "type": "string"
                            }
                          },
                          "required": [
                            "name",
                            "metadata",
                            "expect"
                          ],
                          "type": "object"
                        },
                        "maxItems": 100,
                        "type": "array",
                        "x-kubernetes-list-map-keys": [
                          "name"
                        ],
                        "x-kubernetes-list-type": "map"
                      }
                    },
                    "type": "object",
                    "x-kubernetes-validations": [
                      {
                        "message": "set script (the Lua source itself) or scriptFrom (the ConfigMap that holds it), one of the two",
                        "rule": "has(self.script) || has(self.scriptFrom)"
                      },
                      {
                        "message": "script and scriptFrom exclude each other, remove one of the two",
                        "rule": "!(has(self.script) && has(self.scriptFrom))"
                      }
                    ]
                  },
                  "status": {
                    "default": {
                      "observedGeneration": -1
                    },
                    "description": "What the operator observed. Only the operator writes it.",
                    "properties": {
                      "activeRevision": {
                        "description": "The revision that serves; absent when none does.",
                        "properties": {
                          "generation": {
                            "description": "The metadata.generation that the revision was made from.",
                            "format": "int64",
                            "minimum": 0,
                            "type": "integer"
                          },
                          "hash": {
                            "description": "Identifies what the revision runs, script, parameters, limits and match.",
                            "maxLength": 64,
                            "minLength": 1,
                            "type": "string"
                          },
                          "number": {
                            "description": "Counts the plugin's revisions, from 1.",
                            "format": "int64",
                            "minimum": 1,
                            "type": "integer"
                          }
                        },
                        "required": [
                          "number",
                          "hash",
                          "generation"
                        ],
                        "type": "object"
                      },
                      "conditions": {
                        "description": "Ready: the latest generation is loaded, tested and serving. Serving: some revision serves, after a bad update the last good one. Degraded: errors recur. Stalled, only while true: waiting will not heal it, the spec has to change. Conflicted, only while true: another plugin of the same priority calls some Pod differently.",
                        "items": {
                          "description": "One aspect of the plugin's state, as metav1.Condition has it.",
                          "properties": {
                            "lastTransitionTime": {
                              "description": "When status last changed.",
                              "format": "date-time",
                              "type": "string"
                            },
                            "message": {
                              "description": "Why, in a sentence, for people. May be empty.",
                              "maxLength": 32768,
                              "type": "string"
                            },
                            "observedGeneration": {
                              "description": "The metadata.generation that this condition was set for.",
                              "format": "int64",
                              "minimum": 0,
                              "type": "integer"
                            },
                            "reason": {
                              "description": "Why, in one word, for programs.",
                              "maxLength": 1024,
                              "minLength": 1,
                              "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
                              "type": "string"
                            },
                            "status": {
                              "description": "Whether it holds.",
                              "enum": [
                                "True",
                                "False",
                                "Unknown"
                              ],
                              "type": "string"
                            },
                            "type": {
                              "description": "Which aspect, in CamelCase.",
                              "maxLength": 316,
                              "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
                              "type": "string"
                            }
                          },
                          "required": [
                            "type",
                            "status",
                            "reason",
                            "message",
                            "lastTransitionTime"
                          ],
                          "type": "object"
                        },
                        "maxItems": 16,
                        "type": "array",
                        "x-kubernetes-list-map-keys": [
                          "type"
                        ],
                        "x-kubernetes-list-type": "map"
                      },
                      "dryRun": {
                        "description": "What the plugin would change if its mode were Enforce; absent in any other mode than DryRun.",
                        "properties": {
                          "examples": {
                            "description": "Some of these Pods, at most 10.",
                            "items": {
                              "description": "One Pod, with what it carries and what it would carry.",
                              "properties": {
                                "after": {
                                  "description": "What a Pod carries; fields that are absent are absent there, too.",
                                  "properties": {
                                    "name": {
                                      "description": "The workload's name.",
                                      "maxLength": 253,
                                      "type": "string"
                                    },
                                    "resolvedBy": {
                                      "description": "What gave it, standard or LuaPlugin/ and the plugin's name.",
                                      "maxLength": 317,
                                      "type": "string"
                                    },
                                    "type": {
                                      "description": "The workload's type.",
                                      "maxLength": 63,
                                      "type": "string"
                                    }
                                  },
                                  "type": "object"
                                },
                                "before": {
                                  "description": "What a Pod carries; fields that are absent are absent there, too.",
                                  "properties": {
                                    "name": {
                                      "description": "The workload's name.",
                                      "maxLength": 253,
                                      "type": "string"
                                    },
                                    "resolvedBy": {
                                      "description": "What gave it, standard or LuaPlugin/ and the plugin's name.",
                                      "maxLength": 317,
                                      "type": "string"
                                    },
                                    "type": {
                                      "description": "The workload's type.",
                                      "maxLength": 63,
                                      "type": "string"
                                    }
                                  },
                                  "type": "object"
                                },
                                "pod": {
                                  "description": "The Pod, as namespace/name.",
                                  "maxLength": 317,
                                  "type": "string"
                                }
                              },
                              "required": [
                                "pod",
                                "before",
                                "after"
                              ],
                              "type": "object"
                            },
                            "maxItems": 10,
                            "type": "array",
                            "x-kubernetes-list-map-keys": [
                              "pod"
                            ],
                            "x-kubernetes-list-type": "map"
                          },
                          "podsChanging": {
                            "description": "How many Pods would carry other annotations than they do now.",
                            "format": "int64",
                            "minimum": 0,
                            "type": "integer"
                          }
                        },
                        "required": [
                          "podsChanging",
                          "examples"
                        ],
                        "type": "object"
                      },
                      "errors": {
                        "description": "How many calls of the serving revision ended in an error since it began to serve. A new revision starts at 0.",
                        "format": "int64",
                        "minimum": 0,
                        "type": "integer"
                      },
                      "lastErrors": {
                        "description": "The latest errors, each kind once, the newest first.",
                        "items": {
                          "description": "One error of the script, and how often it came.",
                          "properties": {
                            "count": {
                              "description": "How often it happened.",
                              "format": "int64",
                              "minimum": 1,
                              "type": "integer"
                            },
                            "line": {
                              "description": "The script's line, where Lua names one.",
                              "format": "int32",
                              "minimum": 1,
                              "type": "integer"
                            },
                            "message": {
                              "description": "What went wrong, at most 256 bytes.",
                              "maxLength": 256,
                              "type": "string"
                            },
                            "pod": {
                              "description": "The Pod that the script was asked about, as namespace/name.",
                              "maxLength": 317,
                              "type": "string"
                            },
                            "reason": {
                              "description": "The kind of error, as in the metric luaplugin_errors_total: compile, load, runtime, timeout, memory, invalid_result or crash.",
                              "maxLength": 64,
                              "type": "string"
                            },
                            "time": {
                              "description": "When it happened last.",
                              "format": "date-time",
                              "type": "string"
                            }
                          },
                          "required": [
                            "reason",
                            "message",
                            "time",
                            "count"
                          ],
                          "type": "object"
                        },
                        "maxItems": 5,
                        "type": "array",
                        "x-kubernetes-list-type": "atomic"
                      },
                      "observedGeneration": {
                        "description": "The metadata.generation that this status speaks of; -1 until the operator has looked.",
                        "format": "int64",
                        "minimum": -1,
                        "type": "integer"
                      },
                      "podsResolved": {
                        "description": "How many Pods carry a workload from this plugin. In DryRun mode none do; see dryRun.",
                        "format": "int64",
                        "minimum": 0,
                        "type": "integer"
                      },
                      "tests": {
                        "description": "The outcome of spec.tests for the latest generation.",
                        "properties": {
                          "failed": {
                            "description": "How many cases failed.",
                            "format": "int32",
                            "minimum": 0,
                            "type": "integer"
                          },
                          "failures": {
                            "description": "The cases that failed.",
                            "items": {
                              "description": "One case of spec.tests that failed.",
                              "properties": {
                                "message": {
                                  "description": "What was expected and what came.",
                                  "maxLength": 1024,
                                  "type": "string"
                                },
                                "name": {
                                  "description": "The case's name.",
                                  "maxLength": 253,
                                  "type": "string"
                                }
                              },
                              "required": [
                                "name",
                                "message"
                              ],
                              "type": "object"
                            },
                            "maxItems": 100,
                            "type": "array",
                            "x-kubernetes-list-map-keys": [
                              "name"
                            ],
                            "x-kubernetes-list-type": "map"
                          },
                          "passed": {
                            "description": "How many cases passed.",
                            "format": "int32",
                            "minimum": 0,
                            "type": "integer"
                          }
                        },
                        "required": [
                          "passed",
                          "failed"
                        ],
                        "type": "object"
                      }
                    },
                    "type": "object"
                  }
                },
                "required": [
                  "spec"
                ],
                "type": "object"
              }
            },
            "served": true,
            "storage": true,
            "subresources": {
              "status": {}
            }
          }
        ]
      }
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "v1",
      "automountServiceAccountToken": false,
      "kind": "ServiceAccount",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "operator",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator",
        "namespace": "luaplugin-system"
      }
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "ClusterRole",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator"
      },
      "rules": [
        {
          "apiGroups": [
            "luaplugin.dev"
          ],
          "resources": [
            "luaplugins"
          ],
          "verbs": [
            "list",
            "watch"
          ]
        },
        {
          "apiGroups": [
            "luaplugin.dev"
          ],
          "resources": [
            "luaplugins/status"
          ],
          "verbs": [
            "patch"
          ]
        },
        {
          "apiGroups": [
            ""
          ],
          "resources": [
            "pods"
          ],
          "verbs": [
            "list",
            "watch",
            "patch"
          ]
        },
        {
          "apiGroups": [
            ""
          ],
          "resources": [
            "namespaces"
          ],
          "verbs": [
            "list",
            "watch"
          ]
        },
        {
          "apiGroups": [
            "apps"
          ],
          "resources": [
            "replicasets"
          ],
          "verbs": [
            "get"
          ]
        },
        {
          "apiGroups": [
            "batch"
          ],
          "resources": [
            "jobs"
          ],
          "verbs": [
            "get"
          ]
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "ClusterRole",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0",
          "luaplugin.dev/aggregate-to-owners": "true"
        },
        "name": "lua-plugin-operator-known-owners"
      },
      "rules": [
        {
          "apiGroups": [
            ""
          ],
          "resources": [
            "pods",
            "replicationcontrollers"
          ],
          "verbs": [
            "get"
          ]
        },
        {
          "apiGroups": [
            "argoproj.io"
          ],
          "resources": [
            "analysisruns",
            "experiments",
            "workflowartifactgctasks",
            "workflows"
          ],
          "verbs": [
            "get"
          ]
        },
        {
          "apiGroups": [
            "apps.kruise.io"
          ],
          "resources": [
            "broadcastjobs"
          ],
          "verbs": [
            "get"
          ]
        },
        {
          "apiGroups": [
            "sparkoperator.k8s.io"
          ],
          "resources": [
            "sparkapplications"
          ],
          "verbs": [
            "get"
          ]
        },
        {
          "apiGroups": [
            "ray.io"
          ],
          "resources": [
            "rayclusters",
            "rayjobs"
          ],
          "verbs": [
            "get"
          ]
        },
        {
          "apiGroups": [
            "jobset.x-k8s.io"
          ],
          "resources": [
            "jobsets"
          ],
          "verbs": [
            "get"
          ]
        },
        {
          "apiGroups": [
            "batch.volcano.sh"
          ],
          "resources": [
            "jobs"
          ],
          "verbs": [
            "get"
          ]
        },
        {
          "apiGroups": [
            "kubevirt.io"
          ],
          "resources": [
            "virtualmachineinstances"
          ],
          "verbs": [
            "get"
          ]
        },
        {
          "apiGroups": [
            "core.strimzi.io"
          ],
          "resources": [
            "strimzipodsets"
          ],
          "verbs": [
            "get"
          ]
        },
        {
          "apiGroups": [
            "tekton.dev"
          ],
          "resources": [
            "taskruns"
          ],
          "verbs": [
            "get"
          ]
        },
        {
          "apiGroups": [
            "actions.github.com"
          ],
          "resources": [
            "ephemeralrunners",
            "ephemeralrunnersets"
          ],
          "verbs": [
            "get"
          ]
        },
        {
          "apiGroups": [
            "actions.summerwind.dev"
          ],
          "resources": [
            "runnerreplicasets",
            "runners"
          ],
          "verbs": [
            "get"
          ]
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "aggregationRule": {
        "clusterRoleSelectors": [
          {
            "matchLabels": {
              "luaplugin.dev/aggregate-to-owners": "true"
            }
          }
        ]
      },
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "ClusterRole",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-owners"
      }
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "ClusterRole",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-webhook"
      },
      "rules": [
        {
          "apiGroups": [
            "admissionregistration.k8s.io"
          ],
          "resourceNames": [
            "lua-plugin-operator"
          ],
          "resources": [
            "validatingwebhookconfigurations"
          ],
          "verbs": [
            "get",
            "patch"
          ]
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "Role",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-events",
        "namespace": "default"
      },
      "rules": [
        {
          "apiGroups": [
            "events.k8s.io"
          ],
          "resources": [
            "events"
          ],
          "verbs": [
            "create",
            "patch"
          ]
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "Role",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-leader-election",
        "namespace": "luaplugin-system"
      },
      "rules": [
        {
          "apiGroups": [
            "coordination.k8s.io"
          ],
          "resources": [
            "leases"
          ],
          "verbs": [
            "create"
          ]
        },
        {
          "apiGroups": [
            "coordination.k8s.io"
          ],
          "resourceNames": [
            "lua-plugin-operator"
          ],
          "resources": [
            "leases"
          ],
          "verbs": [
            "get",
            "update"
          ]
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "Role",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-revisions",
        "namespace": "luaplugin-system"
      },
      "rules": [
        {
          "apiGroups": [
            "apps"
          ],
          "resources": [
            "controllerrevisions"
          ],
          "verbs": [
            "list",
            "create",
            "delete"
          ]
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "Role",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-status",
        "namespace": "luaplugin-system"
      },
      "rules": [
        {
          "apiGroups": [
            ""
          ],
          "resourceNames": [
            "lua-plugin-operator-status"
          ],
          "resources": [
            "configmaps"
          ],
          "verbs": [
            "create",
            "patch"
          ]
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "Role",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-webhook",
        "namespace": "luaplugin-system"
      },
      "rules": [
        {
          "apiGroups": [
            ""
          ],
          "resources": [
            "secrets"
          ],
          "verbs": [
            "create"
          ]
        },
        {
          "apiGroups": [
            ""
          ],
          "resourceNames": [
            "lua-plugin-operator-webhook"
          ],
          "resources": [
            "secrets"
          ],
          "verbs": [
            "get",
            "update"
          ]
        }
      ]
    }
  },
  {
    "variants": [
      "daemonset"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "Role",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator"
        },
        "name": "lua-plugin-operator-node-reports",
        "namespace": "luaplugin-system"
      },
      "rules": [
        {
          "apiGroups": [
            "coordination.k8s.io"
          ],
          "resources": [
            "leases"
          ],
          "verbs": [
            "get",
            "list",
            "watch",
            "create",
            "update",
            "delete"
          ]
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "ClusterRoleBinding",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator"
      },
      "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "lua-plugin-operator"
      },
      "subjects": [
        {
          "kind": "ServiceAccount",
          "name": "lua-plugin-operator",
          "namespace": "luaplugin-system"
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "ClusterRoleBinding",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-owners"
      },
      "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "lua-plugin-operator-owners"
      },
      "subjects": [
        {
          "kind": "ServiceAccount",
          "name": "lua-plugin-operator",
          "namespace": "luaplugin-system"
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "ClusterRoleBinding",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-webhook"
      },
      "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "lua-plugin-operator-webhook"
      },
      "subjects": [
        {
          "kind": "ServiceAccount",
          "name": "lua-plugin-operator",
          "namespace": "luaplugin-system"
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "RoleBinding",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-events",
        "namespace": "default"
      },
      "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": "lua-plugin-operator-events"
      },
      "subjects": [
        {
          "kind": "ServiceAccount",
          "name": "lua-plugin-operator",
          "namespace": "luaplugin-system"
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "RoleBinding",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-leader-election",
        "namespace": "luaplugin-system"
      },
      "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": "lua-plugin-operator-leader-election"
      },
      "subjects": [
        {
          "kind": "ServiceAccount",
          "name": "lua-plugin-operator",
          "namespace": "luaplugin-system"
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "RoleBinding",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-revisions",
        "namespace": "luaplugin-system"
      },
      "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": "lua-plugin-operator-revisions"
      },
      "subjects": [
        {
          "kind": "ServiceAccount",
          "name": "lua-plugin-operator",
          "namespace": "luaplugin-system"
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "RoleBinding",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-status",
        "namespace": "luaplugin-system"
      },
      "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": "lua-plugin-operator-status"
      },
      "subjects": [
        {
          "kind": "ServiceAccount",
          "name": "lua-plugin-operator",
          "namespace": "luaplugin-system"
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "RoleBinding",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-webhook",
        "namespace": "luaplugin-system"
      },
      "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": "lua-plugin-operator-webhook"
      },
      "subjects": [
        {
          "kind": "ServiceAccount",
          "name": "lua-plugin-operator",
          "namespace": "luaplugin-system"
        }
      ]
    }
  },
  {
    "variants": [
      "daemonset"
    ],
    "object": {
      "apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "RoleBinding",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "rbac",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator"
        },
        "name": "lua-plugin-operator-node-reports",
        "namespace": "luaplugin-system"
      },
      "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": "lua-plugin-operator-node-reports"
      },
      "subjects": [
        {
          "kind": "ServiceAccount",
          "name": "lua-plugin-operator",
          "namespace": "luaplugin-system"
        }
      ]
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "admissionregistration.k8s.io/v1",
      "kind": "ValidatingAdmissionPolicy",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "policy",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-pods"
      },
      "spec": {
        "failurePolicy": "Fail",
        "matchConditions": [
          {
            "expression": "request.userInfo.username == 'system:serviceaccount:luaplugin-system:lua-plugin-operator'",
            "name": "by-the-operator"
          }
        ],
        "matchConstraints": {
          "matchPolicy": "Equivalent",
          "namespaceSelector": {},
          "objectSelector": {},
          "resourceRules": [
            {
              "apiGroups": [
                ""
              ],
              "apiVersions": [
                "*"
              ],
              "operations": [
                "*"
              ],
              "resources": [
                "pods",
                "pods/*"
              ],
              "scope": "Namespaced"
            }
          ]
        },
        "validations": [
          {
            "expression": "variables.isUpdate",
            "message": "the operator may update Pods, and neither create nor delete them, nor use their subresources"
          },
          {
            "expression": "variables.after.all(key, key in variables.own\n\n  || key in variables.before && variables.before[key] == variables.after[key])\n&& variables.before.all(key, key in variables.own || key in variables.after)",
            "message": "the operator may change no annotation of a Pod but its own"
          },
          {
            "expression": "variables.labelsAfter.all(key, key in variables.ownLabels\n\n  || key in variables.labelsBefore && variables.labelsBefore[key] == variables.labelsAfter[key])\n&& variables.labelsBefore.all(key, key in variables.ownLabels || key in variables.labelsAfter)",
            "message": "the operator may change no label of a Pod but those that its config mirrors, if the policy allows them"
          },
          {
            "expression": "!variables.isUpdate || object.metadata.?finalizers.orValue([]) == oldObject.metadata.?finalizers.orValue([]) && object.metadata.?ownerReferences.orValue([]) == oldObject.metadata.?ownerReferences.orValue([]) && object.metadata.?generateName.orValue('') == oldObject.metadata.?generateName.orValue('')",
            "message": "the operator may change no finalizer, owner or generateName of a Pod"
          },
          {
            "expression": "!variables.isUpdate || object.spec == oldObject.spec",
            "message": "the operator may change nothing in the spec of a Pod"
          },
          {
            "expression": "!variables.isUpdate || object.?status.orValue({}) == oldObject.?status.orValue({})",
            "message": "the operator may change nothing in the status of a Pod"
          }
        ],
        "variables": [
          {
            "expression": "'luaplugin.dev'",
            "name": "prefix"
          },
          {
            "expression": "[]",
            "name": "mirror"
          },
          {
            "expression": "['workload-type', 'workload-name', 'resolved-by'].map(key, variables.prefix + '/' + key) + ('openTelemetry' in variables.mirror\n\n  ? ['cronjob.name', 'daemonset.name', 'deployment.name', 'job.name', 'replicaset.name',\n    'replicationcontroller.name', 'statefulset.name', 'workload.kind', 'workload.name'].map(key,\n      'resource.opentelemetry.io/k8s.' + key)\n  : [])",
            "name": "own"
          },
          {
            "expression": "'labels' in variables.mirror\n\n  ? ['workload-type', 'workload-name'].map(key, variables.prefix + '/' + key)\n  : []",
            "name": "ownLabels"
          },
          {
            "expression": "request.operation == 'UPDATE' && request.?subResource.orValue('') == ''",
            "name": "isUpdate"
          },
          {
            "expression": "variables.isUpdate ? oldObject.metadata.?annotations.orValue({}) : {}",
            "name": "before"
          },
          {
            "expression": "variables.isUpdate ? object.metadata.?annotations.orValue({}) : {}",
            "name": "after"
          },
          {
            "expression": "variables.isUpdate ? oldObject.metadata.?labels.orValue({}) : {}",
            "name": "labelsBefore"
          },
          {
            "expression": "variables.isUpdate ? object.metadata.?labels.orValue({}) : {}",
            "name": "labelsAfter"
          }
        ]
      }
    }
  },
  {
    "variants": [
      "deepflow"
    ],
    "object": {
      "apiVersion": "admissionregistration.k8s.io/v1",
      "kind": "ValidatingAdmissionPolicy",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "policy",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-pods"
      },
      "spec": {
        "failurePolicy": "Fail",
        "matchConditions": [
          {
            "expression": "request.userInfo.username == 'system:serviceaccount:luaplugin-system:lua-plugin-operator'",
            "name": "by-the-operator"
          }
        ],
        "matchConstraints": {
          "matchPolicy": "Equivalent",
          "namespaceSelector": {},
          "objectSelector": {},
          "resourceRules": [
            {
              "apiGroups": [
                ""
              ],
              "apiVersions": [
                "*"
              ],
              "operations": [
                "*"
              ],
              "resources": [
                "pods",
                "pods/*"
              ],
              "scope": "Namespaced"
            }
          ]
        },
        "validations": [
          {
            "expression": "variables.isUpdate",
            "message": "the operator may update Pods, and neither create nor delete them, nor use their subresources"
          },
          {
            "expression": "variables.after.all(key, key in variables.own\n\n  || key in variables.before && variables.before[key] == variables.after[key])\n&& variables.before.all(key, key in variables.own || key in variables.after)",
            "message": "the operator may change no annotation of a Pod but its own"
          },
          {
            "expression": "variables.labelsAfter.all(key, key in variables.ownLabels\n\n  || key in variables.labelsBefore && variables.labelsBefore[key] == variables.labelsAfter[key])\n&& variables.labelsBefore.all(key, key in variables.ownLabels || key in variables.labelsAfter)",
            "message": "the operator may change no label of a Pod but those that its config mirrors, if the policy allows them"
          },
          {
            "expression": "!variables.isUpdate || object.metadata.?finalizers.orValue([]) == oldObject.metadata.?finalizers.orValue([]) && object.metadata.?ownerReferences.orValue([]) == oldObject.metadata.?ownerReferences.orValue([]) && object.metadata.?generateName.orValue('') == oldObject.metadata.?generateName.orValue('')",
            "message": "the operator may change no finalizer, owner or generateName of a Pod"
          },
          {
            "expression": "!variables.isUpdate || object.spec == oldObject.spec",
            "message": "the operator may change nothing in the spec of a Pod"
          },
          {
            "expression": "!variables.isUpdate || object.?status.orValue({}) == oldObject.?status.orValue({})",
            "message": "the operator may change nothing in the status of a Pod"
          }
        ],
        "variables": [
          {
            "expression": "'luaplugin.dev'",
            "name": "prefix"
          },
          {
            "expression": "['labels']",
            "name": "mirror"
          },
          {
            "expression": "['workload-type', 'workload-name', 'resolved-by'].map(key, variables.prefix + '/' + key) + ('openTelemetry' in variables.mirror\n\n  ? ['cronjob.name', 'daemonset.name', 'deployment.name', 'job.name', 'replicaset.name',\n    'replicationcontroller.name', 'statefulset.name', 'workload.kind', 'workload.name'].map(key,\n      'resource.opentelemetry.io/k8s.' + key)\n  : [])",
            "name": "own"
          },
          {
            "expression": "'labels' in variables.mirror\n\n  ? ['workload-type', 'workload-name'].map(key, variables.prefix + '/' + key)\n  : []",
            "name": "ownLabels"
          },
          {
            "expression": "request.operation == 'UPDATE' && request.?subResource.orValue('') == ''",
            "name": "isUpdate"
          },
          {
            "expression": "variables.isUpdate ? oldObject.metadata.?annotations.orValue({}) : {}",
            "name": "before"
          },
          {
            "expression": "variables.isUpdate ? object.metadata.?annotations.orValue({}) : {}",
            "name": "after"
          },
          {
            "expression": "variables.isUpdate ? oldObject.metadata.?labels.orValue({}) : {}",
            "name": "labelsBefore"
          },
          {
            "expression": "variables.isUpdate ? object.metadata.?labels.orValue({}) : {}",
            "name": "labelsAfter"
          }
        ]
      }
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "admissionregistration.k8s.io/v1",
      "kind": "ValidatingAdmissionPolicyBinding",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "policy",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-pods"
      },
      "spec": {
        "policyName": "lua-plugin-operator-pods",
        "validationActions": [
          "Deny",
          "Audit"
        ]
      }
    }
  },
  {
    "variants": [
      "default",
      "high-availability"
    ],
    "object": {
      "apiVersion": "v1",
      "data": {
        "config.yaml": "# The operator's options; what each means and its default stands in operator/config/options.ts.\napiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\nannotationPrefix: luaplugin.dev\nstandardResolution: true\nconcurrency: 64\n# A second replica, or the next one of a rollout, waits until this one gives the Lease up.\nleaderElection:\n  enabled: true\n# Refuses plugins that could never serve, when somebody applies them.\nwebhook:\n  enabled: true\n  address: :9443\nhttp:\n  address: :8080\nlogLevel: info\n"
      },
      "kind": "ConfigMap",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "config",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-config-fc7h59hk5f",
        "namespace": "luaplugin-system"
      }
    }
  },
  {
    "variants": [
      "daemonset"
    ],
    "object": {
      "apiVersion": "v1",
      "data": {
        "config.yaml": "# The operator's options; what each means and its default stands in operator/config/options.ts.\napiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\nannotationPrefix: luaplugin.dev\nstandardResolution: true\nconcurrency: 64\n# All instances annotate their nodes' Pods; one is elected to report on the plugins. Nobody waits for that, and each\n# node asks for the Lease: with these times a thousand of them ask 60 times a second.\nleaderElection:\n  enabled: true\n  leaseDuration: 60s\n  renewDeadline: 40s\n  retryPeriod: 15s\n# Refuses plugins that could never serve, when somebody applies them; any instance is asked.\nwebhook:\n  enabled: true\n  address: :9443\nhttp:\n  address: :8080\nlogLevel: info\n"
      },
      "kind": "ConfigMap",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "config",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-config-kh5bfbtf5c",
        "namespace": "luaplugin-system"
      }
    }
  },
  {
    "variants": [
      "deepflow"
    ],
    "object": {
      "apiVersion": "v1",
      "data": {
        "config.yaml": "# The operator's options; what each means and its default stands in operator/config/options.ts.\napiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\nannotationPrefix: luaplugin.dev\nstandardResolution: true\n# The types that DeepFlow has. A plugin's answer of another type is an error with the reason invalid_result; where the\n# owners say another, the Pod gets none.\nallowedTypes: [Deployment, StatefulSet, DaemonSet, CloneSet, ReplicaSet, ReplicationController]\n# Workload type and name as Pod labels, too, which is what DeepFlow reads of a Pod.\nmirror:\n  labels: true\nconcurrency: 64\n# A second replica, or the next one of a rollout, waits until this one gives the Lease up.\nleaderElection:\n  enabled: true\n# Refuses plugins that could never serve, when somebody applies them.\nwebhook:\n  enabled: true\n  address: :9443\nhttp:\n  address: :8080\nlogLevel: info\n"
      },
      "kind": "ConfigMap",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "config",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-config-24chdf2tf6",
        "namespace": "luaplugin-system"
      }
    }
  },
  {
    "variants": [
      "cert-manager"
    ],
    "object": {
      "apiVersion": "v1",
      "data": {
        "config.yaml": "# The operator's options; what each means and its default stands in operator/config/options.ts.\napiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\nannotationPrefix: luaplugin.dev\nstandardResolution: true\nconcurrency: 64\n# A second replica, or the next one of a rollout, waits until this one gives the Lease up.\nleaderElection:\n  enabled: true\n# Refuses plugins that could never serve, when somebody applies them.\nwebhook:\n  enabled: true\n  address: :9443\n  certDirectory: /etc/lua-plugin-operator-webhook\nhttp:\n  address: :8080\nlogLevel: info\n"
      },
      "kind": "ConfigMap",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "config",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-config-hdgtcgc4m5",
        "namespace": "luaplugin-system"
      }
    }
  },
  {
    "variants": [
      "cert-manager"
    ],
    "object": {
      "apiVersion": "cert-manager.io/v1",
      "kind": "Issuer",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "webhook",
          "app.kubernetes.io/name": "lua-plugin-operator"
        },
        "name": "lua-plugin-operator-webhook",
        "namespace": "luaplugin-system"
      },
      "spec": {
        "selfSigned": {}
      }
    }
  },
  {
    "variants": [
      "cert-manager"
    ],
    "object": {
      "apiVersion": "cert-manager.io/v1",
      "kind": "Certificate",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "webhook",
          "app.kubernetes.io/name": "lua-plugin-operator"
        },
        "name": "lua-plugin-operator-webhook",
        "namespace": "luaplugin-system"
      },
      "spec": {
        "dnsNames": [
          "lua-plugin-operator-webhook.luaplugin-system.svc",
          "lua-plugin-operator-webhook.luaplugin-system.svc.cluster.local"
        ],
        "issuerRef": {
          "kind": "Issuer",
          "name": "lua-plugin-operator-webhook"
        },
        "privateKey": {
          "algorithm": "ECDSA",
          "rotationPolicy": "Always"
        },
        "secretName": "lua-plugin-operator-webhook-tls"
      }
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "v1",
      "kind": "Service",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "metrics",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-metrics",
        "namespace": "luaplugin-system"
      },
      "spec": {
        "ports": [
          {
            "name": "metrics",
            "port": 8080,
            "targetPort": "http"
          }
        ],
        "selector": {
          "app.kubernetes.io/component": "operator",
          "app.kubernetes.io/name": "lua-plugin-operator"
        }
      }
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow",
      "cert-manager"
    ],
    "object": {
      "apiVersion": "v1",
      "kind": "Service",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "webhook",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator-webhook",
        "namespace": "luaplugin-system"
      },
      "spec": {
        "ports": [
          {
            "name": "webhook",
            "port": 443,
            "targetPort": "webhook"
          }
        ],
        "selector": {
          "app.kubernetes.io/component": "operator",
          "app.kubernetes.io/name": "lua-plugin-operator"
        }
      }
    }
  },
  {
    "variants": [
      "high-availability"
    ],
    "object": {
      "apiVersion": "policy/v1",
      "kind": "PodDisruptionBudget",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "operator",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator"
        },
        "name": "lua-plugin-operator",
        "namespace": "luaplugin-system"
      },
      "spec": {
        "maxUnavailable": 1,
        "selector": {
          "matchLabels": {
            "app.kubernetes.io/component": "operator",
            "app.kubernetes.io/name": "lua-plugin-operator"
          }
        },
        "unhealthyPodEvictionPolicy": "AlwaysAllow"
      }
    }
  },
  {
    "variants": [
      "default"
    ],
    "object": {
      "apiVersion": "apps/v1",
      "kind": "Deployment",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "operator",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator",
        "namespace": "luaplugin-system"
      },
      "spec": {
        "replicas": 1,
        "selector": {
          "matchLabels": {
            "app.kubernetes.io/component": "operator",
            "app.kubernetes.io/name": "lua-plugin-operator"
          }
        },
        "template": {
          "metadata": {
            "annotations": {
              "kubectl.kubernetes.io/default-container": "operator"
            },
            "labels": {
              "app.kubernetes.io/component": "operator",
              "app.kubernetes.io/name": "lua-plugin-operator",
              "app.kubernetes.io/part-of": "lua-plugin-operator",
              "app.kubernetes.io/version": "0.1.0"
            }
          },
          "spec": {
            "automountServiceAccountToken": true,
            "containers": [
              {
                "args": [
                  "--config=/etc/lua-plugin-operator/config.yaml"
                ],
                "image": "lua-plugin-operator:0.1.0",
                "livenessProbe": {
                  "httpGet": {
                    "path": "/healthz",
                    "port": "http"
                  },
                  "initialDelaySeconds": 10,
                  "periodSeconds": 10,
                  "timeoutSeconds": 3
                },
                "name": "operator",
                "ports": [
                  {
                    "containerPort": 8080,
                    "name": "http"
                  },
                  {
                    "containerPort": 9443,
                    "name": "webhook"
                  }
                ],
                "readinessProbe": {
                  "httpGet": {
                    "path": "/readyz",
                    "port": "http"
                  },
                  "periodSeconds": 5,
                  "timeoutSeconds": 3
                },
                "resources": {
                  "limits": {
                    "memory": "768Mi"
                  },
                  "requests": {
                    "cpu": "100m",
                    "memory": "256Mi"
                  }
                },
                "securityContext": {
                  "allowPrivilegeEscalation": false,
                  "capabilities": {
                    "drop": [
                      "ALL"
                    ]
                  },
                  "readOnlyRootFilesystem": true
                },
                "volumeMounts": [
                  {
                    "mountPath": "/etc/lua-plugin-operator",
                    "name": "config",
                    "readOnly": true
                  }
                ]
              }
            ],
            "enableServiceLinks": false,
            "nodeSelector": {
              "kubernetes.io/os": "linux"
            },
            "securityContext": {
              "runAsGroup": 65532,
              "runAsNonRoot": true,
              "runAsUser": 65532,
              "seccompProfile": {
                "type": "RuntimeDefault"
              }
            },
            "serviceAccountName": "lua-plugin-operator",
            "terminationGracePeriodSeconds": 30,
            "volumes": [
              {
                "configMap": {
                  "name": "lua-plugin-operator-config-fc7h59hk5f"
                },
                "name": "config"
              }
            ]
          }
        }
      }
    }
  },
  {
    "variants": [
      "high-availability"
    ],
    "object": {
      "apiVersion": "apps/v1",
      "kind": "Deployment",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "operator",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator",
        "namespace": "luaplugin-system"
      },
      "spec": {
        "replicas": 2,
        "selector": {
          "matchLabels": {
            "app.kubernetes.io/component": "operator",
            "app.kubernetes.io/name": "lua-plugin-operator"
          }
        },
        "strategy": {
          "rollingUpdate": {
            "maxSurge": 1,
            "maxUnavailable": 0
          }
        },
        "template": {
          "metadata": {
            "annotations": {
              "kubectl.kubernetes.io/default-container": "operator"
            },
            "labels": {
              "app.kubernetes.io/component": "operator",
              "app.kubernetes.io/name": "lua-plugin-operator",
              "app.kubernetes.io/part-of": "lua-plugin-operator",
              "app.kubernetes.io/version": "0.1.0"
            }
          },
          "spec": {
            "affinity": {
              "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                  {
                    "podAffinityTerm": {
                      "labelSelector": {
                        "matchLabels": {
                          "app.kubernetes.io/component": "operator",
                          "app.kubernetes.io/name": "lua-plugin-operator"
                        }
                      },
                      "topologyKey": "kubernetes.io/hostname"
                    },
                    "weight": 100
                  }
                ]
              }
            },
            "automountServiceAccountToken": true,
            "containers": [
              {
                "args": [
                  "--config=/etc/lua-plugin-operator/config.yaml"
                ],
                "image": "lua-plugin-operator:0.1.0",
                "livenessProbe": {
                  "httpGet": {
                    "path": "/healthz",
                    "port": "http"
                  },
                  "initialDelaySeconds": 10,
                  "periodSeconds": 10,
                  "timeoutSeconds": 3
                },
                "name": "operator",
                "ports": [
                  {
                    "containerPort": 8080,
                    "name": "http"
                  },
                  {
                    "containerPort": 9443,
                    "name": "webhook"
                  }
                ],
                "readinessProbe": {
                  "httpGet": {
                    "path": "/readyz",
                    "port": "http"
                  },
                  "periodSeconds": 5,
                  "timeoutSeconds": 3
                },
                "resources": {
                  "limits": {
                    "memory": "768Mi"
                  },
                  "requests": {
                    "cpu": "100m",
                    "memory": "256Mi"
                  }
                },
                "securityContext": {
                  "allowPrivilegeEscalation": false,
                  "capabilities": {
                    "drop": [
                      "ALL"
                    ]
                  },
                  "readOnlyRootFilesystem": true
                },
                "volumeMounts": [
                  {
                    "mountPath": "/etc/lua-plugin-operator",
                    "name": "config",
                    "readOnly": true
                  }
                ]
              }
            ],
            "enableServiceLinks": false,
            "nodeSelector": {
              "kubernetes.io/os": "linux"
            },
            "securityContext": {
              "runAsGroup": 65532,
              "runAsNonRoot": true,
              "runAsUser": 65532,
              "seccompProfile": {
                "type": "RuntimeDefault"
              }
            },
            "serviceAccountName": "lua-plugin-operator",
            "terminationGracePeriodSeconds": 30,
            "topologySpreadConstraints": [
              {
                "labelSelector": {
                  "matchLabels": {
                    "app.kubernetes.io/component": "operator",
                    "app.kubernetes.io/name": "lua-plugin-operator"
                  }
                },
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway"
              }
            ],
            "volumes": [
              {
                "configMap": {
                  "name": "lua-plugin-operator-config-fc7h59hk5f"
                },
                "name": "config"
              }
            ]
          }
        }
      }
    }
  },
  {
    "variants": [
      "deepflow"
    ],
    "object": {
      "apiVersion": "apps/v1",
      "kind": "Deployment",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "operator",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator",
        "namespace": "luaplugin-system"
      },
      "spec": {
        "replicas": 1,
        "selector": {
          "matchLabels": {
            "app.kubernetes.io/component": "operator",
            "app.kubernetes.io/name": "lua-plugin-operator"
          }
        },
        "template": {
          "metadata": {
            "annotations": {
              "kubectl.kubernetes.io/default-container": "operator"
            },
            "labels": {
              "app.kubernetes.io/component": "operator",
              "app.kubernetes.io/name": "lua-plugin-operator",
              "app.kubernetes.io/part-of": "lua-plugin-operator",
              "app.kubernetes.io/version": "0.1.0"
            }
          },
          "spec": {
            "automountServiceAccountToken": true,
            "containers": [
              {
                "args": [
                  "--config=/etc/lua-plugin-operator/config.yaml"
                ],
                "image": "lua-plugin-operator:0.1.0",
                "livenessProbe": {
                  "httpGet": {
                    "path": "/healthz",
                    "port": "http"
                  },
                  "initialDelaySeconds": 10,
                  "periodSeconds": 10,
                  "timeoutSeconds": 3
                },
                "name": "operator",
                "ports": [
                  {
                    "containerPort": 8080,
                    "name": "http"
                  },
                  {
                    "containerPort": 9443,
                    "name": "webhook"
                  }
                ],
                "readinessProbe": {
                  "httpGet": {
                    "path": "/readyz",
                    "port": "http"
                  },
                  "periodSeconds": 5,
                  "timeoutSeconds": 3
                },
                "resources": {
                  "limits": {
                    "memory": "768Mi"
                  },
                  "requests": {
                    "cpu": "100m",
                    "memory": "256Mi"
                  }
                },
                "securityContext": {
                  "allowPrivilegeEscalation": false,
                  "capabilities": {
                    "drop": [
                      "ALL"
                    ]
                  },
                  "readOnlyRootFilesystem": true
                },
                "volumeMounts": [
                  {
                    "mountPath": "/etc/lua-plugin-operator",
                    "name": "config",
                    "readOnly": true
                  }
                ]
              }
            ],
            "enableServiceLinks": false,
            "nodeSelector": {
              "kubernetes.io/os": "linux"
            },
            "securityContext": {
              "runAsGroup": 65532,
              "runAsNonRoot": true,
              "runAsUser": 65532,
              "seccompProfile": {
                "type": "RuntimeDefault"
              }
            },
            "serviceAccountName": "lua-plugin-operator",
            "terminationGracePeriodSeconds": 30,
            "volumes": [
              {
                "configMap": {
                  "name": "lua-plugin-operator-config-24chdf2tf6"
                },
                "name": "config"
              }
            ]
          }
        }
      }
    }
  },
  {
    "variants": [
      "cert-manager"
    ],
    "object": {
      "apiVersion": "apps/v1",
      "kind": "Deployment",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "operator",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator",
        "namespace": "luaplugin-system"
      },
      "spec": {
        "replicas": 1,
        "selector": {
          "matchLabels": {
            "app.kubernetes.io/component": "operator",
            "app.kubernetes.io/name": "lua-plugin-operator"
          }
        },
        "template": {
          "metadata": {
            "annotations": {
              "kubectl.kubernetes.io/default-container": "operator"
            },
            "labels": {
              "app.kubernetes.io/component": "operator",
              "app.kubernetes.io/name": "lua-plugin-operator",
              "app.kubernetes.io/part-of": "lua-plugin-operator",
              "app.kubernetes.io/version": "0.1.0"
            }
          },
          "spec": {
            "automountServiceAccountToken": true,
            "containers": [
              {
                "args": [
                  "--config=/etc/lua-plugin-operator/config.yaml"
                ],
                "image": "lua-plugin-operator:0.1.0",
                "livenessProbe": {
                  "httpGet": {
                    "path": "/healthz",
                    "port": "http"
                  },
                  "initialDelaySeconds": 10,
                  "periodSeconds": 10,
                  "timeoutSeconds": 3
                },
                "name": "operator",
                "ports": [
                  {
                    "containerPort": 8080,
                    "name": "http"
                  },
                  {
                    "containerPort": 9443,
                    "name": "webhook"
                  }
                ],
                "readinessProbe": {
                  "httpGet": {
                    "path": "/readyz",
                    "port": "http"
                  },
                  "periodSeconds": 5,
                  "timeoutSeconds": 3
                },
                "resources": {
                  "limits": {
                    "memory": "768Mi"
                  },
                  "requests": {
                    "cpu": "100m",
                    "memory": "256Mi"
                  }
                },
                "securityContext": {
                  "allowPrivilegeEscalation": false,
                  "capabilities": {
                    "drop": [
                      "ALL"
                    ]
                  },
                  "readOnlyRootFilesystem": true
                },
                "volumeMounts": [
                  {
                    "mountPath": "/etc/lua-plugin-operator",
                    "name": "config",
                    "readOnly": true
                  },
                  {
                    "mountPath": "/etc/lua-plugin-operator-webhook",
                    "name": "webhook-certificate",
                    "readOnly": true
                  }
                ]
              }
            ],
            "enableServiceLinks": false,
            "nodeSelector": {
              "kubernetes.io/os": "linux"
            },
            "securityContext": {
              "runAsGroup": 65532,
              "runAsNonRoot": true,
              "runAsUser": 65532,
              "seccompProfile": {
                "type": "RuntimeDefault"
              }
            },
            "serviceAccountName": "lua-plugin-operator",
            "terminationGracePeriodSeconds": 30,
            "volumes": [
              {
                "configMap": {
                  "name": "lua-plugin-operator-config-hdgtcgc4m5"
                },
                "name": "config"
              },
              {
                "name": "webhook-certificate",
                "secret": {
                  "secretName": "lua-plugin-operator-webhook-tls"
                }
              }
            ]
          }
        }
      }
    }
  },
  {
    "variants": [
      "daemonset"
    ],
    "object": {
      "apiVersion": "apps/v1",
      "kind": "DaemonSet",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "operator",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator",
        "namespace": "luaplugin-system"
      },
      "spec": {
        "selector": {
          "matchLabels": {
            "app.kubernetes.io/component": "operator",
            "app.kubernetes.io/name": "lua-plugin-operator"
          }
        },
        "template": {
          "metadata": {
            "annotations": {
              "kubectl.kubernetes.io/default-container": "operator"
            },
            "labels": {
              "app.kubernetes.io/component": "operator",
              "app.kubernetes.io/name": "lua-plugin-operator",
              "app.kubernetes.io/part-of": "lua-plugin-operator",
              "app.kubernetes.io/version": "0.1.0"
            }
          },
          "spec": {
            "automountServiceAccountToken": true,
            "containers": [
              {
                "args": [
                  "--config=/etc/lua-plugin-operator/config.yaml",
                  "--node-name=$(NODE_NAME)"
                ],
                "env": [
                  {
                    "name": "NODE_NAME",
                    "valueFrom": {
                      "fieldRef": {
                        "fieldPath": "spec.nodeName"
                      }
                    }
                  }
                ],
                "image": "lua-plugin-operator:0.1.0",
                "livenessProbe": {
                  "httpGet": {
                    "path": "/healthz",
                    "port": "http"
                  },
                  "initialDelaySeconds": 10,
                  "periodSeconds": 10,
                  "timeoutSeconds": 3
                },
                "name": "operator",
                "ports": [
                  {
                    "containerPort": 8080,
                    "name": "http"
                  },
                  {
                    "containerPort": 9443,
                    "name": "webhook"
                  }
                ],
                "readinessProbe": {
                  "httpGet": {
                    "path": "/readyz",
                    "port": "http"
                  },
                  "periodSeconds": 5,
                  "timeoutSeconds": 3
                },
                "resources": {
                  "limits": {
                    "memory": "768Mi"
                  },
                  "requests": {
                    "cpu": "100m",
                    "memory": "256Mi"
                  }
                },
                "securityContext": {
                  "allowPrivilegeEscalation": false,
                  "capabilities": {
                    "drop": [
                      "ALL"
                    ]
                  },
                  "readOnlyRootFilesystem": true
                },
                "volumeMounts": [
                  {
                    "mountPath": "/etc/lua-plugin-operator",
                    "name": "config",
                    "readOnly": true
                  }
                ]
              }
            ],
            "enableServiceLinks": false,
            "nodeSelector": {
              "kubernetes.io/os": "linux"
            },
            "securityContext": {
              "runAsGroup": 65532,
              "runAsNonRoot": true,
              "runAsUser": 65532,
              "seccompProfile": {
                "type": "RuntimeDefault"
              }
            },
            "serviceAccountName": "lua-plugin-operator",
            "terminationGracePeriodSeconds": 30,
            "tolerations": [
              {
                "operator": "Exists"
              }
            ],
            "volumes": [
              {
                "configMap": {
                  "name": "lua-plugin-operator-config-kh5bfbtf5c"
                },
                "name": "config"
              }
            ]
          }
        },
        "updateStrategy": {
          "rollingUpdate": {
            "maxUnavailable": "10%"
          },
          "type": "RollingUpdate"
        }
      }
    }
  },
  {
    "variants": [
      "default",
      "high-availability",
      "daemonset",
      "deepflow"
    ],
    "object": {
      "apiVersion": "admissionregistration.k8s.io/v1",
      "kind": "ValidatingWebhookConfiguration",
      "metadata": {
        "labels": {
          "app.kubernetes.io/component": "webhook",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator"
      },
      "webhooks": [
        {
          "admissionReviewVersions": [
            "v1"
          ],
          "clientConfig": {
            "service": {
              "name": "lua-plugin-operator-webhook",
              "namespace": "luaplugin-system",
              "path": "/validate-luaplugin-dev-v1alpha1-luaplugin",
              "port": 443
            }
          },
          "failurePolicy": "Ignore",
          "name": "validate.luaplugin.dev",
          "rules": [
            {
              "apiGroups": [
                "luaplugin.dev"
              ],
              "apiVersions": [
                "v1alpha1"
              ],
              "operations": [
                "CREATE",
                "UPDATE"
              ],
              "resources": [
                "luaplugins"
              ],
              "scope": "Cluster"
            }
          ],
          "sideEffects": "None",
          "timeoutSeconds": 5
        }
      ]
    }
  },
  {
    "variants": [
      "cert-manager"
    ],
    "object": {
      "apiVersion": "admissionregistration.k8s.io/v1",
      "kind": "ValidatingWebhookConfiguration",
      "metadata": {
        "annotations": {
          "cert-manager.io/inject-ca-from": "luaplugin-system/lua-plugin-operator-webhook"
        },
        "labels": {
          "app.kubernetes.io/component": "webhook",
          "app.kubernetes.io/name": "lua-plugin-operator",
          "app.kubernetes.io/part-of": "lua-plugin-operator",
          "app.kubernetes.io/version": "0.1.0"
        },
        "name": "lua-plugin-operator"
      },
      "webhooks": [
        {
          "admissionReviewVersions": [
            "v1"
          ],
          "clientConfig": {
            "service": {
              "name": "lua-plugin-operator-webhook",
              "namespace": "luaplugin-system",
              "path": "/validate-luaplugin-dev-v1alpha1-luaplugin",
              "port": 443
            }
          },
          "failurePolicy": "Ignore",
          "name": "validate.luaplugin.dev",
          "rules": [
            {
              "apiGroups": [
                "luaplugin.dev"
              ],
              "apiVersions": [
                "v1alpha1"
              ],
              "operations": [
                "CREATE",
                "UPDATE"
              ],
              "resources": [
                "luaplugins"
              ],
              "scope": "Cluster"
            }
          ],
          "sideEffects": "None",
          "timeoutSeconds": 5
        }
      ]
    }
  }
];
