# The front door. `make conformance` and `make check` work alone on a fresh Debian 12 or 13.
.DEFAULT_GOAL := help
.PHONY: help deps build conformance check gates unit asan tsan coverage bench fuzz long package clean

PRESET ?= dev
BIN := build/bin

help: ## What there is to type
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps:
	@ci/install-deps

build: deps ## Install what is missing and build everything into build/bin
	@ci/build $(PRESET)

conformance: build ## Bring up the process rig, run every suite, say where the report lies
	@$(BIN)/plexconf run

check: build ## Unit tests, self-tests, a conformance run and the gates
	@ci/install-deps nats
	@ci/check

gates: build ## All gates on this repository, and what they compared
	@$(BIN)/plexconf gate

unit: build ## The unit tests alone
	@ci/unit build

asan: deps ## Everything again under AddressSanitizer and UBSan
	@ci/sanitizers

tsan: deps ## What several threads share, under ThreadSanitizer
	@ci/threads

coverage: ## Which lines unit tests and a conformance run reach
	@ci/install-deps coverage
	@ci/coverage

bench: deps ## Measured ratios against the limits we hold ourselves to
	@ci/install-deps bench
	@ci/bench

fuzz: ## Every parser of foreign bytes, SECONDS (default 60) each
	@ci/install-deps fuzz
	@ci/fuzz/run $${SECONDS_EACH:-60}

long: deps ## Sanitizers with proof, threads, fuzzing, broken references, chaos, NATS, speed
	@ci/install-deps fuzz nats
	@ci/long

package: build ## A Debian package and an OCI image of plexconf, in build/package
	@ci/install-deps package
	@ci/package

clean: ## Remove what was built
	@rm -rf build build-* report
