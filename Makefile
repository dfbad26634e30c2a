# Everything a developer does. `make help` explains; nothing is installed outside this folder.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
HUBMEND := build/hubmend
SCENARIOS := test/scenarios
FUZZ := 3s
SOAK := 10m
# Packages that neither compile the CDK nor start a process.
FAST := $(addprefix ./,cmd/... lambdas/... ssm-documents/... $(filter-out internal/lab internal/scenario,$(wildcard internal/*)))
GO_FILES = $(shell find cmd internal lambdas infra servicecatalog ssm-documents -name '*.go' -o -name '*.yaml' -o -name '*.py' -o -name '*.json')

export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export CDK_DISABLE_CLI_TELEMETRY := 1
export AWS_EC2_METADATA_DISABLED := true

.PHONY: help
help: ## Explain the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(HUBMEND) cdk.out/manifest.json ## Break all eighteen controls and watch them being repaired (no AWS account)
	@$(HUBMEND) lab run $(SCENARIOS)/demo-custom-action.yaml $(SCENARIOS)/demo-all.yaml

.PHONY: test
test: lint test-go test-fuzz test-templates test-scenarios ## Run everything that CI runs

.PHONY: test-fast
test-fast: ## Run the tests that need neither the CDK nor a process (seconds)
	go test -short $(FAST)

.PHONY: test-go
test-go: $(VENV)/ready
	@echo "--- unit tests"
	go test $(FAST) ./internal/lab/... ./internal/scenario/... ./test/...

.PHONY: test-fuzz
test-fuzz:
	@echo "--- fuzz, $(FUZZ) for each target"; mkdir -p build
	@grep -rlE '^func Fuzz' internal --include='*_test.go' | xargs -n1 dirname | sort -u | while read -r package; do \
		for target in $$(go test -list '^Fuzz' ./$$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test ./$$package -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ) > build/fuzz.log 2>&1 || { cat build/fuzz.log; exit 1; }; \
		done; \
	done

.PHONY: soak
soak: ## Simulate new schedules, for SOAK=10m; a seed that fails is printed
	go test ./test/simulation -run TestSchedules -v -timeout 0 -soak $(SOAK)

.PHONY: test-templates
test-templates: cdk.out/manifest.json
	@echo "--- cfn-lint"
	$(VENV)/bin/cfn-lint cdk.out/*.template.json
	@echo "cfn-lint: $$(ls cdk.out/*.template.json | wc -l) templates are in order"

.PHONY: test-scenarios
test-scenarios: $(HUBMEND) cdk.out/manifest.json
	@echo "--- scenarios"
	$(HUBMEND) lab run --quiet --jobs 2 $(SCENARIOS)/*.yaml

.PHONY: lint
lint: $(HUBMEND) ## Check the Go code, the catalog and the runbooks
	@echo "--- lint"
	@test -z "$$(gofmt -l cmd infra internal lambdas servicecatalog ssm-documents test | tee /dev/stderr)"
	go vet ./cmd/... ./internal/... ./lambdas/... ./ssm-documents/...
	$(HUBMEND) lint

.PHONY: synth
synth: node_modules/.package-lock.json ## Synthesize the templates into cdk.out
	@npx cdk synth --ci --quiet > /dev/null && echo "synthesized $$(ls cdk.out/*.template.json | wc -l) templates into cdk.out"

.PHONY: deploy
deploy: node_modules/.package-lock.json ## Deploy the admin stack with your AWS credentials
	npx cdk deploy hubmend-admin

.PHONY: bench
bench: $(HUBMEND) cdk.out/manifest.json ## Measure what the project promises, as a table
	@go run ./test/bench

.PHONY: generate
generate: $(HUBMEND) ## Write the generated docs again
	$(HUBMEND) controls --markdown > docs/controls.md

.PHONY: verify
verify: generate ## Fail when generated files are not up to date
	git diff --exit-code

.PHONY: tools
tools: $(VENV)/ready node_modules/.package-lock.json $(HUBMEND) ## Install what the project needs, inside this folder

.PHONY: clean
clean: ## Remove everything that make made
	rm -rf build cdk.out dist node_modules $(VENV)

$(HUBMEND): $(VENV)/ready $(GO_FILES)
	@echo "--- build hubmend"
	go build -trimpath -o $@ ./cmd/hubmend

$(VENV)/ready: requirements.txt
	@echo "--- python environment (a minute, once)"
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json
	@echo "--- cdk cli"
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

cdk.out/manifest.json: node_modules/.package-lock.json cdk.json $(GO_FILES)
	@echo "--- synthesize the templates (compiles the CDK bindings the first time: some minutes)"
	@npx cdk synth --ci --quiet > /dev/null && echo "synthesized $$(ls cdk.out/*.template.json | wc -l) templates into cdk.out"
	@touch $@
