# Everything runs from source; `make` targets set up what they need once (Node 24 and the npm packages).
SHELL := /bin/sh
.SHELLFLAGS := -euc
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

node  := bin/node --disable-warning=ExperimentalWarning
# One folder: make test TESTS='test/journal/**/*.test.ts'
TESTS ?= test/**/*.test.ts
# Two files at a time: much of a test's time is waiting, and each file has a process of its own. CI has the time to let each have the machine for itself.
mocha  = node_modules/mocha/bin/mocha.js $(if $(CI),--forbid-only,--parallel --jobs 2) '$(TESTS)'
ready := node_modules/.headgate-ready
# npm and the scripts that it starts find the same Node as bin/node, and npm the machine's own configuration (its mirror, its authorities), which it would
# look for beside that Node.
with_node := NPM_CONFIG_GLOBALCONFIG="$$(npm config get globalconfig 2>/dev/null)" PATH="$$(dirname "$$(bin/node -p process.execPath)"):$$PATH"

.PHONY: help install run test check types lint imports format unused docs lock fmt coverage e2e e2e-gerrit bench bench-quick clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

install: $(ready) ## set up: Node 24 where the machine's is older, and the npm packages

$(ready): package.json package-lock.json bin/node bin/runtime/package-lock.json
	@command -v npm >/dev/null || { echo "headgate: npm is needed to install the packages, and is not on PATH" >&2; exit 1; }
	@bin/node --install
	@echo "► installing the npm packages of package-lock.json (once)" >&2
	@$(with_node) npm install --ignore-scripts --no-save --no-audit --no-fund --no-progress --loglevel=error >&2
	@touch $@

run: $(ready) ## the sandbox: simulated cluster, GitHub and Gerrit (and hg, if installed) around a real server; pushes and a submit, told as they happen
	@exec bin/headgate sandbox

test: $(ready) ## unit and integration tests, loopback only
	@exec $(node) $(mocha)

check: types lint imports format unused docs lock ## everything that can be known without running it
	@echo "✔ check passed"

types: $(ready) ## type check
	@$(node) node_modules/typescript/bin/tsc -p .

lint: $(ready) ## oxlint, with types
	@$(node) node_modules/oxlint/bin/oxlint --quiet --report-unused-disable-directives-severity=error

imports: $(ready) ## who may import whom (ARCHITECTURE.md)
	@$(node) test/house/check-imports.ts

format: $(ready) ## formatting, without changing files
	@$(node) node_modules/@biomejs/biome/bin/biome format

unused: $(ready) ## unused files, exports and packages
	@$(node) node_modules/knip/bin/knip.js --no-progress

docs: $(ready) ## generated documents are in step with the code
	@$(node) docs/generate.ts --check

lock: $(ready) ## package-lock.json fits package.json and names no download addresses
	@$(node) test/house/check-lock.ts

fmt: $(ready) ## format all files
	@$(node) node_modules/@biomejs/biome/bin/biome format --write

coverage: $(ready) ## tests with coverage; the report is in coverage/
	@$(node) node_modules/c8/bin/c8.js $(mocha)

e2e: $(ready) ## against real Kubernetes and Flux binaries, built once (needs Go)
	@exec $(node) test/e2e/run.ts

e2e-gerrit: $(ready) ## what the tests take for granted of Gerrit, asked of a real one: GERRIT_URL=… (see CONTRIBUTING.md)
	@exec $(node) test/e2e/run-gerrit.ts

bench: $(ready) ## speed, next to Flux's own Receiver (needs what e2e needs)
	@exec $(node) bench/run.ts

bench-quick: $(ready) ## the same with fewer samples, in about a minute on two idle cores
	@exec $(node) bench/run.ts --quick

clean: ## remove what the targets above made
	rm -rf node_modules bin/runtime/node_modules coverage data
