# The test targets. demo, check and check-long install what they need; unit, e2e, fuzz, bench and lint
# only build and run.

# Where the tests find their sources when they run.
TESTS_DIR     ?= $(CURDIR)/tests
export SECRUN_NPM ?= $(CURDIR)/build/npm/node_modules
CRITERION_LIBS = $(shell $(PKG_CONFIG) --libs criterion)
FUZZ_CC       ?= clang
FUZZ_SECONDS  ?= 60
SANITIZERS    := -fsanitize=address,undefined -fno-sanitize-recover=all

.PHONY: demo check check-long check-package check-systemd check-containers unit e2e matrix probe unit-sanitized fuzz fuzzers bench lint

$(BUILD)/unit: $(unit_o)
	$(CC) -pie $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CTL_LIBS) $(CRITERION_LIBS)

$(BUILD)/e2e: $(e2e_o)
	$(CC) -pie $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CTL_LIBS) $(CRITERION_LIBS)

# The leak matrix, and the programs that it starts.
matrix_o        := $(call objects,tests,$(wildcard tests/matrix/*.c))
programs        := $(BUILD)/matrix-programs
matrix_programs := $(addprefix $(programs)/,witness witness-musl witness-static ways ways-musl ways-static ways-rust classes preload.so)
SMALL           := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -g -pthread

$(BUILD)/matrix: $(matrix_o) $(matrix_programs)
	$(CC) -pie -pthread $(CFLAGS) $(LDFLAGS) -o $@ $(matrix_o)

$(matrix_programs): | $(programs)/
$(programs)/:
	@mkdir -p $@
$(programs)/witness $(programs)/ways: SMALL_CC = $(CC)
$(programs)/witness-musl $(programs)/ways-musl: SMALL_CC = musl-gcc
$(programs)/witness-static $(programs)/ways-static: SMALL_CC = $(CC) -static
$(programs)/witness $(programs)/witness-musl $(programs)/witness-static: tests/runtimes/witness.c tests/runtimes/witness.h
	$(SMALL_CC) $(SMALL) -o $@ $<
$(programs)/ways $(programs)/ways-musl $(programs)/ways-static: $(wildcard tests/runtimes/ways*.c) tests/runtimes/ways.h tests/runtimes/witness.h
	$(SMALL_CC) $(SMALL) -o $@ $(filter %.c,$^)
$(programs)/ways-rust: tests/matrix/ways.rs
	env -u MAKEFLAGS -u MFLAGS rustc -O -o $@ $<
$(programs)/classes: tests/matrix/Ways.java
	javac -d $@ $<
$(programs)/preload.so: tests/runtimes/user_preload.c
	$(CC) $(SMALL) -ffreestanding -nostdlib -shared -fPIC -o $@ $<

# What is found in the ELF files of this machine, to hold it against what others find.
probe_o := $(call objects,tests,$(wildcard tests/probe/*.c))

$(BUILD)/probe-facts: $(probe_o) $(filter $(BUILD)/launcher/shim/elf%,$(launcher_o))
	$(CC) -pie $(CFLAGS) $(LDFLAGS) -o $@ $^

demo: ## install what it takes, build, and run a real program on sealed secrets
	@tests/setup.sh demo
	@MAKE='$(MAKE)' tests/staged.sh examples/demo.sh

check: ## install what the tests need, build and run them
	@tests/setup.sh check
	@MAKE='$(MAKE)' tests/staged.sh tests/check.sh

check-long: ## the long suites: sanitizers, fuzzing, 100,000 spawns, 10,000 injections of each kind, the package, guests, systemd, containers
	@tests/setup.sh check
	@tests/setup.sh package
	@tests/setup.sh aarch64
	@tests/setup.sh x86_64
	@tests/setup.sh systemd
	@tests/setup.sh containers
	$(MAKE) unit-sanitized
	$(MAKE) fuzz
	@MAKE='$(MAKE)' SECRUN_LONG=1 tests/staged.sh tests/check.sh spawning soak package user-aarch64 guest-aarch64 guest-x86_64 systemd containers

check-containers: ## the images of examples/docker, built and run by podman
	@tests/setup.sh containers
	@MAKE='$(MAKE)' tests/staged.sh tests/check.sh containers

check-package: ## the Debian package: built twice, and in a Debian tree installed, upgraded, removed, purged
	@tests/setup.sh package
	@MAKE='$(MAKE)' tests/check.sh package

check-systemd: ## the example units, in a container with a systemd of its own
	@tests/setup.sh systemd
	@MAKE='$(MAKE)' tests/check.sh systemd

unit: $(BUILD)/unit ## build and run the unit tests (ARGS='--filter=…')
	$(BUILD)/unit $(ARGS)

e2e: $(BUILD)/e2e stage ## build, stage and run the end to end tests
	SECRUN_STAGE='$(STAGE)' $(BUILD)/e2e $(ARGS)

matrix: $(BUILD)/matrix stage ## build, stage and run the leak matrix (ARGS='--filter GLOB')
	SECRUN_STAGE='$(STAGE)' $(BUILD)/matrix $(programs) $(ARGS)

probe: $(BUILD)/probe-facts ## compare how ELF files are read with readelf and file, over those of this machine
	tests/probe/compare.sh $(BUILD)/probe-facts $(BUILD)/probe

unit-sanitized: ## the unit tests under ASan and UBSan
	LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0 $(MAKE) unit BUILD=$(BUILD)/sanitized CFLAGS='-O1 -g $(SANITIZERS)' FORTIFY=

# A fuzz target is one file linked with what it may call: all of the launcher but its mains and verbs.
fuzz_src := $(common_src) $(deliver_src) $(scan_src) launcher/ctl/config_text.c launcher/ctl/audit_line.c
fuzz_o   := $(call objects,fuzz,$(fuzz_src))

$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(BASE) -Ilauncher -I. -Itests -DSECRUN_VERSION='"$(VERSION)"' -DSECRUN_SHIM='"/nonexistent"' -DSECRUN_PROGRAM='"/nonexistent"' -DSECRUN_STUB='"$(BUILD)/stub.bin"' $(DEPS_CFLAGS) -O1 -g $(SANITIZERS) -fsanitize=fuzzer-no-link -c -o $@ $<

$(BUILD)/fuzz/%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(fuzz_o)
	$(FUZZ_CC) $(SANITIZERS) -fsanitize=fuzzer -o $@ $^ $(CTL_LIBS)

$(BUILD)/fuzz/launcher/deliver/tracer.o: $(BUILD)/stub.bin

.PRECIOUS: $(BUILD)/fuzz/%.o

fuzzers:
	@echo $(fuzzers)

# Two at a time; what is found goes to build/fuzz/new, and what makes a target fail is named by it.
fuzz: $(fuzzers:%=$(BUILD)/fuzz/%) ## run every fuzz target for FUZZ_SECONDS (60)
	@mkdir -p $(fuzzers:%=$(BUILD)/fuzz/new/%)
	@printf '%s\n' $(fuzzers) | xargs -P 2 -I NAME sh -c \
		'$(BUILD)/fuzz/NAME -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
		-artifact_prefix=$(BUILD)/fuzz/NAME- $(BUILD)/fuzz/new/NAME tests/fuzz/corpus/NAME > $(BUILD)/fuzz/NAME.log 2>&1 \
		&& echo "fuzz: NAME: $$(sed -n s/stat::number_of_executed_units:.//p $(BUILD)/fuzz/NAME.log) runs, clean" \
		|| { tail -n 40 $(BUILD)/fuzz/NAME.log; exit 255; }'

$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) -o $@ $<

$(BUILD)/bench/nothing-static: tests/bench/nothing.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -static -o $@ $<

bench: $(BUILD)/bench/nothing $(BUILD)/bench/nothing-static $(BUILD)/bench/getenv $(BUILD)/bench/starts $(BUILD)/bench/execs ## ratios against what one would use instead
	@tests/setup.sh check
	@MAKE='$(MAKE)' tests/staged.sh tests/bench/bench.sh
	@MAKE='$(MAKE)' tests/staged.sh tests/bench/scan.sh
	@MAKE='$(MAKE)' tests/staged.sh tests/bench/fleet.sh

lint: ## clang-format, clang-tidy, cppcheck, shellcheck, mandoc
	tests/lint.sh

include tests/emulated/make.mk
