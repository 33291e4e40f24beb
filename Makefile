# Everything runs in the release profile, so that dependencies are compiled once for demo, tests and benches.

CARGO ?= cargo

.DEFAULT_GOAL := help

.PHONY: help demo demo-short example test build oracle docs bench bench-short redis-image clean-runs tools

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: tools ## get a Redis, build, run all scenarios, print the verdict
	@scripts/find-redis.sh
	@$(MAKE) --no-print-directory build
	@scripts/demo.sh

demo-short: tools ## the same with five designs instead of ten
	@scripts/find-redis.sh
	@$(MAKE) --no-print-directory build
	@scripts/demo.sh --queue streams-naive,streams,zset-ms,zset-seq,composite-shift

example: build ## make reports/example again, the run that README shows (five minutes)
	@scripts/install.sh redis
	@scripts/example.sh

test: tools ## format check, clippy with warnings denied, all tests against real servers
	@scripts/install.sh redis openssl python3
	$(CARGO) fmt --check
	$(CARGO) clippy --release --all-targets --locked -- -D warnings
	$(CARGO) test --release --locked

build: tools ## build target/release/stanchion
	@$(CARGO) build --release --locked

CASES ?= 1000000

oracle: ## compare the judge with one that tries every order, on CASES random histories (one million)
	STANCHION_ORACLE_CASES=$(CASES) $(CARGO) test --release --locked --test judge as_long_as_wanted -- --ignored --nocapture

docs: ## build the library's documentation, with warnings denied
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --locked

bench: tools ## all benchmarks, with criterion's own statistics (many minutes)
	@scripts/install.sh redis
	$(CARGO) bench --locked --bench '*'

bench-short: tools ## the same benchmarks, few samples: shows that they run, not how fast
	@scripts/install.sh redis
	STANCHION_BENCH_SHORT=1 $(CARGO) bench --locked --bench '*'

redis-image: ## build the image stanchion/redis:local where no registry can be reached
	@scripts/redis-image.sh

clean-runs: ## remove the run folders in reports/, but not the example and the baselines
	find reports -mindepth 1 -maxdepth 1 ! -name README.md ! -name example ! -name baselines -exec rm -rf {} +

# A Rust toolchain is the user's to choose; the C compiler is what it links with.
tools:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing: install a Rust toolchain from https://rustup.rs" >&2; exit 1; }
	@scripts/install.sh cc
