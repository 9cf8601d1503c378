# Everything a person or a machine does with this tree. `make help` lists it.
# What a target needs is installed by the target, once: stamps and lock files
# decide, so that the second run is quick.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

GO   ?= go
TOOL := $(GO) tool -modfile=$(CURDIR)/tools/go.mod
VENV := .venv
PY   := $(VENV)/bin/python

# The page is built from these; a change in any of them builds it again.
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f \
	\( -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.html' -o -name 'package*.json' -o -name 'tsconfig*.json' \) -print 2>/dev/null)
REQUIREMENTS := $(wildcard clients/python/requirements-test.txt examples/digits/requirements.txt)

# The race detector costs 2 to 10 times, on transpiled SQLite 30 times. It runs
# where goroutines meet and no database is near.
RACE := $(strip $(foreach p,scheduler/plan worker engine/local api/client internal/blob internal/pack tracking/mirror,$(if $(wildcard $(p)/*_test.go),./$(p)/...)))

# group NAME, COMMAND: run a group of tests under a heading, with its time.
define group
	@printf '\n== %s\n' '$(1)'; start=$$SECONDS; if $(2); then printf '== %s: %d s\n' '$(1)' $$((SECONDS - start)); \
	else status=$$?; printf '== %s: FAILED after %d s\n' '$(1)' $$((SECONDS - start)); exit $$status; fi
endef

.PHONY: help build venv demo test test-go test-race test-python test-web test-e2e chaos check generate bench fmt clean deps-postgres deps-browser

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: bin/sweepd ## build bin/sweepd with the page inside

# The go command knows best what has changed.
.PHONY: bin/sweepd
bin/sweepd: $(if $(wildcard web/package.json),web/dist/index.html)
	$(GO) build -ldflags '-s -w' -o $@ ./cmd/sweepd

venv: $(VENV)/.stamp ## make .venv with what tests, the demo and the bench need

demo: build $(VENV)/.stamp ## sweep the digits example: 200 trials, an ensemble, a leaderboard
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" bin/sweepd run examples/digits/sweep.yaml

test: test-go test-race test-python test-web test-e2e ## run every test there is

test-go: deps-postgres $(if $(wildcard web/package.json),web/dist/index.html) $(if $(REQUIREMENTS),$(VENV)/.stamp)
	$(call group,Go: units$(comma) suites on SQLite and PostgreSQL$(comma) scripts,PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(GO) test $$($(GO) list ./... | grep -v '/e2e$$'))

test-race: deps-postgres
	$(if $(RACE),$(call group,Go: race detector,$(GO) test -race $(RACE)))

test-python: $(if $(REQUIREMENTS),$(VENV)/.stamp) $(if $(wildcard cmd/sweepd),bin/sweepd)
	$(if $(wildcard clients/python/tests),$(call group,Python,cd clients/python && SWEEPD_BIN=$(CURDIR)/bin/sweepd ../../$(PY) -m pytest -q))

test-web: $(if $(wildcard web/package.json),web/node_modules/.stamp)
	$(if $(wildcard web/package.json),$(call group,Web,cd web && npm run --silent check && npm run --silent test))

test-e2e: deps-postgres deps-browser $(if $(wildcard cmd/sweepd),bin/sweepd) $(if $(wildcard web/package.json),web/node_modules/.stamp) $(if $(REQUIREMENTS),$(VENV)/.stamp)
	$(if $(wildcard e2e/*_test.go),$(call group,e2e: the real binary,PATH="$(CURDIR)/$(VENV)/bin:$$PATH" SWEEPD_BIN=$(CURDIR)/bin/sweepd $(GO) test -count=1 -timeout 20m ./e2e))
	$(if $(wildcard web/browser/*.spec.ts),$(call group,e2e: the page in a real browser,cd web && SWEEPD_BIN=$(CURDIR)/bin/sweepd npm run --silent browser))

chaos: deps-postgres bin/sweepd ## kill -9 the server and a worker 20 times, on each database
	SWEEPD_BIN=$(CURDIR)/bin/sweepd SWEEPD_CHAOS=20 $(GO) test -count=1 -v -timeout 20m -run '^TestChaos' ./e2e

check: $(if $(wildcard web/package.json),web/node_modules/.stamp) ## lint, layout, imports, generated files: what a reviewer need not look for
	$(call group,layout,unformatted=$$($(TOOL) gofumpt -l $$(git ls-files '*.go' | grep -v '\.gen\.go$$')); test -z "$$unformatted" || { echo "run make fmt: $$unformatted"; exit 1; })
	$(call group,vet,$(GO) vet ./...)
	$(call group,lint,$(TOOL) golangci-lint run ./...)
	$(call group,house,$(GO) test ./internal/arch)
	$(if $(wildcard web/package.json),$(call group,types of the page,cd web && npm run --silent check))
	$(call group,generated files,$(MAKE) generate && git diff --exit-code --stat -- '*.gen.go' web/src/api/schema.ts)

generate: $(if $(wildcard web/tools/package.json),web/tools/node_modules/.stamp) ## make what is generated from api/openapi.yaml
	$(GO) generate ./...
	$(if $(wildcard web/tools/package.json),cd web/tools && npm run --silent generate)

bench: build $(VENV)/.stamp ## measure sweepd and print the table; figures go to bench/out
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(GO) run ./bench

fmt: ## lay out Go as the house does
	$(TOOL) gofumpt -w $$(git ls-files '*.go' | grep -v '\.gen\.go$$')

clean: ## remove what was built and installed below this folder
	rm -rf bin $(VENV) web/node_modules web/tools/node_modules bench/out
	find web/dist -mindepth 1 ! -name .gitkeep -delete 2>/dev/null || true

comma := ,

web/dist/index.html: web/node_modules/.stamp $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@

web/node_modules/.stamp: web/package-lock.json
	cd web && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --silent
	@touch $@

web/tools/node_modules/.stamp: web/tools/package-lock.json
	cd web/tools && npm ci --no-audit --no-fund --silent
	@touch $@

$(VENV)/.stamp: $(REQUIREMENTS)
	@python3 -c 'import ensurepip' 2>/dev/null || tools/need.sh python3-venv
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check $(foreach r,$(REQUIREMENTS),-r $(r))
	@touch $@

deps-postgres:
	@tools/need.sh postgresql initdb $(wildcard /usr/lib/postgresql/*/bin/initdb) $(if $(SWEEPD_TEST_POSTGRES),/)

deps-browser:
	@$(if $(wildcard web/browser/*.spec.ts),tools/need.sh chromium chromium,:)
