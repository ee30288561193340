# make help lists the targets. Each does all its own set-up on a fresh Debian 12
# with Go, git and make; CI runs the same ones.
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO            ?= go
GOLANGCI      := v2.15.0
CACHE         := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jembatan
LINT          := $(CACHE)/golangci-lint-$(GOLANGCI)
REFEREE       := routeros/emulator/testdata/node-referee
FUZZTIME      ?= 20s
PACKAGES      ?= ./...
RUNS          ?= 10
LOSS          ?= 30m
MYSQL_ROOT    ?= $(JEMBATAN_MYSQL_ROOT)
MEASURED      := docs/measured/failover.jsonl

export GOFLAGS = -buildvcs=auto

.PHONY: help build test unit referee lint fuzz bench demo docs clean guards lab matrix

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

build: ## build bin/jembatan
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/jembatan ./cmd/jembatan

demo: build ## the main job with real packets: four routers from one file, a fault, a repair; the main server dies, users go on (a minute)
	@.ci/demo

test: unit ## every test, with the race detector, in random order

unit: $(REFEREE)/node_modules
	@.ci/need gcc gcc libc6-dev
	@.ci/need mariadbd mariadb-server
	@JEMBATAN_MARIADB=1 JEMBATAN_NODE_REFEREE=1 $(GO) test -race -shuffle=on -timeout 15m $(PACKAGES)

$(REFEREE)/node_modules: $(REFEREE)/package-lock.json
	@.ci/need npm npm
	@cd $(REFEREE) && npm ci --silent --no-audit --no-fund && touch node_modules

lint: $(LINT) ## the pinned linters, formatters and modernizers
	@$(GO) vet ./...
	@$(GO) mod verify >/dev/null
	@$(LINT) run ./...
	@$(LINT) fmt --diff ./... 

$(LINT):
	@echo "building golangci-lint $(GOLANGCI), once (about 5 minutes)" >&2
	@mkdir -p $(CACHE)
	@GOFLAGS= GOBIN=$(CACHE)/build $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	@mv $(CACHE)/build/golangci-lint $(LINT)

guards: ## the table of kills and cuts: the binary killed at every step, the connection cut at every sentence
	@$(GO) test ./cmd/jembatan -run TestKillTable -timeout 10m -v -args -table | grep -v '^=== '
	@$(GO) test ./tunnel/apply -run TestCutTable -timeout 10m -v -args -table | grep -vE '^=== |^ +--- PASS'

lab: ## the topology in namespaces with real packets: keepalived, MariaDB, tshark, 100 routers; every fault once, with the controller
	@.ci/lab

matrix: build ## failover measured: every fault until it has RUNS runs in docs/measured, links that lose packets for LOSS; writes docs/benchmarks.md (hours, may be interrupted)
	@.ci/need nft nftables
	@.ci/need keepalived keepalived
	@.ci/need mariadbd mariadb-server
	@$(GO) run ./internal/rehearsal/matrix -runs $(RUNS) -loss $(LOSS) $(if $(MYSQL_ROOT),-mysql-root $(MYSQL_ROOT)) -results $(MEASURED) -write docs/benchmarks.md

fuzz: ## every fuzz target for FUZZTIME each
	@.ci/fuzz $(FUZZTIME)

bench: ## the measurements of docs/benchmarks.md
	@.ci/bench

docs: ## make the generated reference pages anew
	@$(GO) test ./internal/cli ./internal/report ./tunnel/spec ./internal/app ./internal/bootstrap ./internal/notify -count=1 -run 'Reference|Fresh|EveryPolicy|Scripts' -args -update >/dev/null
	@$(GO) run ./internal/rehearsal/matrix -runs 0 -results $(MEASURED) -write docs/benchmarks.md

clean: ## remove what was built
	@rm -rf bin $(REFEREE)/node_modules
