# Commands for developers. `make help` lists them. Nothing is installed outside this folder.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
HUBMEND := build/hubmend
SCENARIOS := test/scenarios
FUZZ := 10000x
SOAK := 10m
SAMPLE := 4
# Packages that neither compile the CDK nor start a process.
FAST := $(addprefix ./,cmd/... lambdas/... ssm-documents/... servicecatalog/versions $(addprefix internal/,aws/... engine/... catalog/... build/... ops/...))
# Packages that do not compile the CDK: all except those that synthesize the templates.
PURE := $(addprefix ./,cmd/... docs internal/... lambdas/... ssm-documents/...)
PURE_TESTS := $(filter-out test/nag test/programs test/scenarios test/templates,$(wildcard test/*))
# What the command line holds beside its code.
EMBEDDED = $(wildcard templates/* test/scenarios/embed.go test/postcondition/*) test/scenarios/demo-all.yaml internal/lab/python/requirements.txt
PYTHON_FILES := ssm-documents internal/catalog/program internal/catalog/setting internal/aws/authz test/programs
GO_FILES = $(shell find cmd docs internal lambdas infra servicecatalog ssm-documents -name '*.go' -o -name '*.yaml' -o -name '*.py' -o -name '*.json')

# The same flags for every build, so that no package is compiled twice.
export CGO_ENABLED := 0
export GOFLAGS := -trimpath

# Third-party checks. They are not in go.mod, so they cannot affect what is shipped.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOSEC := github.com/securego/gosec/v2/cmd/gosec@v2.30.0
GOSEC_TOOL := build/$(notdir $(GOSEC))/gosec
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
# The vulnerability database as a pinned module, so that results are reproducible and no other server is needed.
# VULNDB=https://vuln.go.dev uses the current database.
VULNDB_MODULE := golang.org/x/vulndb@v0.0.0-20261105234957-e22db6528018
VULNDB = file://$(shell go mod download -json $(VULNDB_MODULE) | sed -n 's/^.*"Dir": "\(.*\)".*$$/\1/p')/data/osv
# What makes releases, and the list of modules in each program (SBOM).
GORELEASER := github.com/goreleaser/goreleaser/v2@v2.15.1
GORELEASER_TOOL := build/$(notdir $(firstword $(subst /v2@, ,$(GORELEASER))))/goreleaser
CYCLONEDX := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
CYCLONEDX_TOOL := build/cyclonedx/cyclonedx-gomod
TEMPLATES := templates
GUARD := node_modules/@cdklabs/cdk-validator-cfnguard
GUARD_PLATFORM = $(if $(filter Darwin,$(shell uname -s)),macos,ubuntu)/$(if $(filter arm64 aarch64,$(shell uname -m)),aarch64,x86_64)

# cfn-lint covers the CDK's own template validation, which takes longer than the synth.
export CDK_VALIDATION := false
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export CDK_DISABLE_CLI_TELEMETRY := 1
export AWS_EC2_METADATA_DISABLED := true

.PHONY: help
help: ## Explain the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Break all eighteen controls and watch them being remediated (no AWS account needed)
	@.ci/need go python
	@[ -e $(HUBMEND) ] && [ -e $(VENV)/ready ] || .ci/wait "Compiling Hubmend and preparing Python, once" $(MAKE) --jobs 2 $(VENV)/ready $(HUBMEND)
	@$(MAKE) --silent $(VENV)/ready $(HUBMEND)
	@$(HUBMEND) lab demo

.PHONY: test
test: ## Run all tests that a change must pass (the same as CI)
	@.ci/need go python node
	@mkdir -p build && rm -f build/phases.tsv
	@.ci/phase "Python, Node.js and the command line" $(MAKE) --jobs 3 $(VENV)/ready node_modules/.package-lock.json $(HUBMEND)
	@# The synth uses one core. Meanwhile the other runs the checks that need no templates.
	@.ci/phase "synth, linters" $(MAKE) --jobs 2 cdk.out/manifest.json lint-own test-python staticcheck govulncheck $(GOSEC_TOOL)
	@.ci/phase "gosec" $(MAKE) gosec
	@.ci/phase "templates" $(MAKE) test-templates
	@.ci/phase "Go tests" $(MAKE) test-go
	@.ci/phase "fuzz" $(MAKE) test-fuzz
	@.ci/phase "scenarios" $(MAKE) test-scenarios
	@.ci/phase "removed permissions" $(MAKE) test-privilege
	@echo "--- everything passed"; .ci/phase

.PHONY: test-release
test-release: test ## Run all tests that a release must pass: make test and longer ones
	@.ci/phase "templates as the CDK deploys them" $(MAKE) test-templates TEMPLATES=cdk.out
	@.ci/phase "20,000 schedules" go test ./test/simulation -run TestSchedules -timeout 0 -schedules 20000
	@.ci/phase "fuzz, ten times as long" $(MAKE) test-fuzz FUZZ=100000x
	@.ci/phase "release" $(MAKE) release
	@echo "--- everything passed"; .ci/phase

.PHONY: test-fast
test-fast: ## Run the tests that need neither the CDK nor a process (seconds)
	go test -short $(FAST)

.PHONY: test-go
test-go: $(VENV)/ready cdk.out/manifest.json
	@echo "--- Go tests"
	@# More packages at a time than cores, because most of them wait for a lab.
	go test -timeout 40m -p 5 -parallel 4 ./...

.PHONY: test-fuzz
test-fuzz:
	@echo "--- fuzz, $(FUZZ) of each target"; mkdir -p build
	@grep -rlE '^func Fuzz' internal --include='*_test.go' | xargs -n1 dirname | sort -u | while read -r package; do \
		for target in $$(go test -list '^Fuzz' ./$$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test ./$$package -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ) > build/fuzz.log 2>&1 || { cat build/fuzz.log; exit 1; }; \
		done; \
	done

.PHONY: soak
soak: ## Simulate new schedules for SOAK=10m and print each seed that fails
	go test ./test/simulation -run TestSchedules -v -timeout 0 -soak $(SOAK)

.PHONY: test-templates
test-templates: $(VENV)/ready node_modules/.package-lock.json
	@echo "--- cfn-lint"
	$(VENV)/bin/cfn-lint $(TEMPLATES)/*.template.json servicecatalog/versions/*/*.template.json docs/events-rules.yaml
	@echo "--- cfn-guard with Control Tower's rules"; mkdir -p build
	@$(GUARD)/bin/$(GUARD_PLATFORM)/cfn-guard validate --rules $(GUARD)/rules/control-tower/cfn-guard --data $(TEMPLATES)/*.template.json \
		--structured --output-format json --show-summary none > build/cfn-guard.json || [ $$? -eq 19 ] # 19: it found something
	@go run ./test/checks cfn-guard build/cfn-guard.json

.PHONY: test-scenarios
test-scenarios: $(HUBMEND) $(VENV)/ready
	@echo "--- scenarios, including one generated for each setting"
	$(VENV)/bin/python -B test/programs/scenarios.py build/settings
	$(HUBMEND) lab run --quiet --jobs 6 --permissions build/permissions.json $(SCENARIOS)/*.yaml build/settings/*.yaml
	$(HUBMEND) lab permissions build/permissions.json --check docs/permissions.md

.PHONY: test-privilege
test-privilege:
	@echo "--- removing some permissions"
	go test ./test/privilege -count=1 -permissions $(CURDIR)/build/permissions.json -sample $(SAMPLE)

.PHONY: test-necessary
test-necessary: ## Prove that each role needs each of its actions (hours, after make test-scenarios)
	go test ./test/privilege -v -count=1 -timeout 0 -permissions $(CURDIR)/build/permissions.json

.PHONY: lint
lint: $(VENV)/ready lint-own test-python staticcheck gosec govulncheck ## Check the Go code, the catalog and the runbooks

.PHONY: lint-own
lint-own: $(HUBMEND)
	@echo "--- lint"
	@files=$$(gofmt -l cmd docs infra internal lambdas servicecatalog ssm-documents templates test); \
		[ -z "$$files" ] || { echo "run gofmt -w on"; echo "$$files"; exit 1; }
	go mod tidy -diff
	go vet ./cmd/... ./docs ./internal/... ./lambdas/... ./ssm-documents/...
	$(HUBMEND) lint

.PHONY: test-python
test-python: $(VENV)/ready node_modules/.package-lock.json ## Check and test the Python code of runbooks (minutes)
	@echo "--- Python"
	@$(VENV)/bin/python -m ruff check --quiet --no-cache $(PYTHON_FILES) && $(VENV)/bin/python -m ruff format --quiet --no-cache --check $(PYTHON_FILES)
	@$(VENV)/bin/python -m mypy --no-error-summary --cache-dir build/mypy $(PYTHON_FILES)
	@$(VENV)/bin/python -B -m pytest test/programs

.PHONY: staticcheck
staticcheck:
	@echo "--- staticcheck"
	@go run $(STATICCHECK) $(PURE) $(addprefix ./,$(PURE_TESTS))

.PHONY: gosec
gosec: $(GOSEC_TOOL)
	@echo "--- gosec"
	@$(GOSEC_TOOL) -quiet -no-fail -exclude-dir testdata -fmt json $(PURE) ./infra/... ./servicecatalog/... > build/gosec.json
	@go run ./test/checks gosec build/gosec.json

.PHONY: govulncheck
govulncheck:
	@echo "--- govulncheck"; mkdir -p build
	@go run $(GOVULNCHECK) -db "$(VULNDB)" -format json $(PURE) > build/govulncheck.json
	@go run ./test/checks govulncheck build/govulncheck.json

.PHONY: synth
synth: node_modules/.package-lock.json ## Synthesize the templates into cdk.out
	@npx cdk synth --ci --quiet > /dev/null && echo "synthesized $$(ls cdk.out/*.template.json | wc -l) templates into cdk.out"

.PHONY: templates
templates: synth ## Update the templates in the repository
	@go run ./cmd/templates && git diff --stat -- templates

.PHONY: snapshot
snapshot: ## Store the product templates of new playbook versions, so that they can always be launched
	@go run ./infra snapshot

.PHONY: deploy
deploy: node_modules/.package-lock.json ## Deploy the admin stack with your AWS credentials
	npx cdk deploy hubmend-admin

.PHONY: dist
dist: ## Write dist/ for a deployment in the console, without the CDK
	@go run ./cmd/dist && echo "wrote $$(wc -l < dist/SHA256SUMS) files into dist"

# A tag makes a release, and everything else a snapshot. Nothing is published. It is signed if GPG_KEY names a key.
RELEASE_TAG = $(shell git describe --exact-match --tags 2> /dev/null)
.PHONY: release
release: $(GORELEASER_TOOL) $(CYCLONEDX_TOOL) ## Build the archives, SBOMs and checksums of a release into build/release
	@[ -z "$(RELEASE_TAG)" ] || grep -q '^## \[$(RELEASE_TAG:v%=%)\]' CHANGELOG.md || \
		{ echo "CHANGELOG.md has no section [$(RELEASE_TAG:v%=%)]" >&2; exit 1; }
	@# goreleaser wants a remote, and asks it nothing. A checkout without one still gets its commit and its date.
	@[ -n "$$(git remote)" ] || export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=https://example.com/hubmend/hubmend; \
		skip=publish; [ -n "$${GPG_KEY:-}" ] || skip+=,sign; docker info > /dev/null 2>&1 || skip+=,docker; \
		PATH=$(abspath $(dir $(CYCLONEDX_TOOL))):$$PATH $(GORELEASER_TOOL) release --clean --parallelism 2 --skip "$$skip" $(if $(RELEASE_TAG),,--snapshot)

# goreleaser calls this for the files that are the same on all platforms.
.PHONY: release-files
release-files:
	@rm -rf build/completions && mkdir -p build/completions && go build -o build/completions/hubmend ./cmd/hubmend
	@cd build/completions && ./hubmend completion bash > hubmend.bash && ./hubmend completion zsh > _hubmend && \
		./hubmend completion fish > hubmend.fish && ./hubmend completion powershell > hubmend.ps1 && rm hubmend
	@go run ./cmd/dist -to build/console

.PHONY: bench
bench: $(HUBMEND) node_modules/.package-lock.json ## Measure the promised limits and print them as a table
	@go run ./test/bench

.PHONY: generate
generate: $(VENV)/ready $(HUBMEND) ## Update the generated docs and data
	go run ./cmd/prepare
	$(HUBMEND) controls --markdown > docs/controls.md
	$(HUBMEND) reference > docs/cli.md
	$(HUBMEND) costs --markdown > docs/costs.md
	go run ./test/checks table > docs/maintainers/suppressions.md
	go run ./cmd/failures > docs/failures.md
	go run ./cmd/states > docs/maintainers/states.md

.PHONY: permissions
permissions: ## Update docs/permissions.md from the last run of all scenarios
	$(HUBMEND) lab permissions build/permissions.json > docs/permissions.md

.PHONY: verify
verify: generate ## Fail if generated files are not up to date
	git diff --exit-code

.PHONY: tools
tools: $(VENV)/ready node_modules/.package-lock.json $(HUBMEND) ## Install all tools inside this folder

.PHONY: clean
clean: ## Remove all build results and installed tools
	rm -rf build cdk.out dist node_modules $(VENV)

$(HUBMEND): $(GO_FILES) $(EMBEDDED)
	@echo "--- build hubmend"
	@go build -o $@ ./cmd/hubmend

$(GOSEC_TOOL):
	@echo "--- build gosec (takes a few minutes the first time)"
	@GOBIN=$(abspath $(@D)) go install $(GOSEC)

$(GORELEASER_TOOL):
	@echo "--- build goreleaser (up to 15 minutes the first time)"
	@GOBIN=$(abspath $(@D)) go install $(GORELEASER)

$(CYCLONEDX_TOOL):
	@echo "--- build cyclonedx-gomod"
	@GOBIN=$(abspath $(@D)) go install $(CYCLONEDX)

$(VENV)/ready: requirements.txt internal/lab/python/requirements.txt
	@echo "--- Python environment (takes a minute the first time)"
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json
	@echo "--- CDK CLI"
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

cdk.out/manifest.json: node_modules/.package-lock.json cdk.json $(GO_FILES)
	@echo "--- synthesize the templates (takes a few minutes the first time, to compile the CDK bindings)"
	@npx cdk synth --ci --quiet > /dev/null && echo "synthesized $$(ls cdk.out/*.template.json | wc -l) templates into cdk.out"
	@touch $@
