# make run    serve the conference of config/conference.toml
# make test   everything that must hold before a change lands
# make bench  every figure, one a line, and var/bench.json
# make pictures  the pictures of the README and of /help, from a real run
# make plots  what becomes of pictures on bad lines, as tables and pictures in var/lines/
# make soak   long: each fuzz target for ten minutes, then 100,000 conferences against the reference model
#             of the floor, then 500 under kill -9
#
# Each does its own set-up: Rust, Node, a C compiler and git are all that must be there.

.PHONY: run test bench pictures plots soak fuzz floor kill web types lint unit e2e e2e-binary set-up-browser \
	set-up-janus

CARGO ?= cargo
NPM := npm --no-fund --no-audit --loglevel=error
TARGET := $(or $(CARGO_TARGET_DIR),target)
E2E := DIEMCAU="$(abspath $(TARGET))/debug/diemcau" npx playwright test
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD = 1

run: web
	$(CARGO) build --release --locked
	$(TARGET)/release/diemcau serve

test: lint unit e2e

bench: web tests/e2e/node_modules set-up-browser set-up-janus
	$(CARGO) build --release --locked --features bench
	mkdir -p var
	$(TARGET)/release/diemcau bench run --join "cd tests/e2e && npx playwright test --config bench.config.ts join.bench.ts" --out var/bench.json
	cd tests/e2e && DIEMCAU="$(abspath $(TARGET))/release/diemcau" npx playwright test --config bench.config.ts desk.bench.ts

# The web client, rebuilt when a source is newer than its index.
web: web/dist/index.html

web/node_modules: web/package-lock.json
	cd web && $(NPM) ci
	touch $@

web/dist/index.html: web/node_modules web/index.html web/vite.config.ts $(shell find web/src web/public web/scripts -type f)
	cd web && $(NPM) run build

# The types of the web client, written from the Rust ones.
types:
	UPDATE_TYPES=1 $(CARGO) test --quiet -p diemcau-protocol

lint: web
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings
	cd web && $(NPM) run check

unit: web
	$(CARGO) test --workspace --locked
	cd web && $(NPM) test

tests/e2e/node_modules: tests/e2e/package-lock.json
	cd tests/e2e && $(NPM) ci
	touch $@

set-up-browser:
	tests/e2e/set-up-browser

set-up-janus:
	src/media/bench/set-up-janus

# Built as for the unit tests: a plain build would compile everything again with other features.
e2e-binary: web
	$(CARGO) test --workspace --locked --no-run

e2e: e2e-binary tests/e2e/node_modules set-up-browser
	cd tests/e2e && npx tsc -p . && $(E2E)

pictures: e2e-binary tests/e2e/node_modules set-up-browser
	cd tests/e2e && $(E2E) --config pictures.config.ts

# The lines are scripts in virtual time: each run draws the same.
plots:
	PLOTS=1 $(CARGO) test --locked -p diemcau-media --lib engine::tests::lines
	@ls var/lines/*.svg

# Long runs, not part of `make test`. FUZZ_SECONDS is for each target; SEEDS are conferences.
FUZZ_TARGETS ?= sdp stun rtp rtcp protocol log_reader
FUZZ_SECONDS ?= 600
SEEDS ?= 500
FLOOR_SEEDS ?= 100000

soak: fuzz floor kill

# cargo-fuzz wants nightly's flags, which RUSTC_BOOTSTRAP gives it on stable. It stops at a finding.
fuzz:
	tests/fuzz/set-up
	cd tests/fuzz && RUSTC_BOOTSTRAP=1 $(CARGO) fuzz build --fuzz-dir .
	tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ_TARGETS)

floor:
	SEEDS=$(FLOOR_SEEDS) $(CARGO) test --release --locked -p diemcau-conference --test floor_model -- --nocapture

kill: web
	SEEDS=$(SEEDS) $(CARGO) test --locked -p diemcau --test soak -- --nocapture
