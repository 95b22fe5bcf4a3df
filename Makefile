# Everything a developer runs. Bare `make` lists the targets; each installs what it needs first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The tools of the lock file, Node 24 among them, come before the machine's own.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

INSTALLED := node_modules/.installed
UNIT := 'test/unit/**/*.test.ts'
INTEGRATION := 'test/integration/**/*.test.ts'
SANDBOX := 'test/sandbox/**/*.test.ts'
FAULTS := 'test/faults/**/*.test.ts'
E2E := 'test/e2e/**/*.test.ts'

##@ Try it

.PHONY: demo
demo: $(INSTALLED) ## Show the main job on a real API server, started here; no cluster needed.
	@node test/e2e/demo.ts

.PHONY: cluster
cluster: $(INSTALLED) ## Start an API server with the CRDs, print its KUBECONFIG, stay until Ctrl-C.
	@node test/cluster/cli.ts

.PHONY: run
run: $(INSTALLED) ## Run the operator here, against the current kubeconfig.
	@node operator/main.ts $(ARGS)

##@ Test

.PHONY: test
test: check ## Run everything but faults and chaos: check, then unit, sandbox, integration and e2e tests in one go.
	@mocha $(UNIT) $(SANDBOX) $(INTEGRATION) $(E2E)

.PHONY: unit
unit: $(INSTALLED) ## Run the unit tests; they need no API server.
	@mocha $(UNIT)

.PHONY: integration
integration: $(INSTALLED) ## Run the integration tests on a real API server.
	@mocha $(INTEGRATION)

.PHONY: sandbox
sandbox: $(INSTALLED) ## Run the hostile scripts and compare dkjson with the real one.
	@mocha $(SANDBOX)

.PHONY: faults
faults: $(INSTALLED) ## Break connections and servers, and compare every Pod afterwards.
	@mocha $(FAULTS)

.PHONY: chaos
chaos: $(INSTALLED) ## Ten minutes of random faults, with the invariants checked; the seed is printed.
	@node test/faults/chaos.ts $(ARGS)

.PHONY: soak
soak: build ## An hour of steady change; fails when memory is not flat (shorter: ARGS='--minutes 5').
	@node test/faults/soak.ts $(ARGS)

.PHONY: operators
operators: $(INSTALLED) ## Have real controllers make Pods, and compare what becomes of them (hours to build, once).
	@mocha 'test/operators/*.test.ts' $(ARGS)

.PHONY: e2e
e2e: $(INSTALLED) ## Run the demo's story as a test.
	@mocha $(E2E)

.PHONY: bench
bench: build ## Measure the operator on kwok (4 min; 20 with ARGS=--full), then the sandbox; ARGS=--help tells more.
	@node test/bench/operator.ts $(ARGS)
	@node test/bench/sandbox.ts --built

##@ Develop

.PHONY: lint
lint: $(INSTALLED) ## Check format, lint rules (fix with: make format) and which room imports from which.
	@biome check --error-on-warnings
	@node build/rooms.ts

.PHONY: format
format: $(INSTALLED) ## Format, and fix what lint can fix by itself.
	@biome check --write

.PHONY: types
types: $(INSTALLED)
	@tsc -p .

.PHONY: generate
generate: $(INSTALLED) ## Generate what is made of crds/ and config/ (types, chart, luaplugin install), the table of kinds, the library's index.
	@node build/generate/types.ts
	@node build/generate/kinds.ts
	@node build/generate/library.ts
	@node build/generate/chart.ts
	@node build/generate/manifests.ts

.PHONY: check
check: lint types ## Lint, check types, and fail when a generated file is out of date.
	@node build/generate/types.ts --check
	@node build/generate/kinds.ts --check
	@node build/generate/library.ts --check
	@node build/generate/chart.ts --check
	@node build/generate/manifests.ts --check

.PHONY: build
build: $(INSTALLED) ## Bundle the operator and the program luaplugin to dist/, which needs Node 24 and nothing else.
	@node build/build.ts

.PHONY: clean
clean: ## Remove what was installed and built here (the cached API server stays).
	@rm -rf node_modules dist

##@ Help

.PHONY: help
help: ## List these targets.
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# npm leaves the machine's own Node in place, without a word, when it is told to run no install scripts.
$(INSTALLED): package-lock.json
	@echo "Installing the packages of package-lock.json, about half a minute."
	@npm ci --no-audit --no-fund --loglevel=error
	@major=$$(node -p 'process.versions.node.split(".")[0]'); \
	if [ "$$major" -lt 24 ]; then \
	  echo "error: Node 24 or newer is needed, and $$(command -v node) is $$(node -v)." >&2; \
	  echo "The npm package 'node' brings it, but its install script did not run (is ignore-scripts set?)." >&2; \
	  echo "Run: npm_config_ignore_scripts=false make, or put Node 24 first on the PATH." >&2; \
	  exit 1; \
	fi
	@touch $@
