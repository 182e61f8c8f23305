# secrun: see README.md. `make help` lists the targets.

VERSION := 0.1.0

# What a packager sets.
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
CFLAGS  ?= -O2 -g
LDFLAGS ?=
PKG_CONFIG ?= pkg-config
INSTALL ?= install
OBJCOPY ?= $(shell $(CC) -print-prog-name=objcopy)

# Where things are built, packed, and staged for running from this tree (`make stage`).
BUILD ?= build
STAGE ?= $(CURDIR)/$(BUILD)/stage
DEB   ?= $(CURDIR)/build/deb

bindir = $(PREFIX)/bin
libdir = $(PREFIX)/lib
datadir = $(PREFIX)/share
mandir = $(datadir)/man
docdir = $(datadir)/doc/secrun
bashdir = $(datadir)/bash-completion/completions
zshdir = $(datadir)/zsh/site-functions
fishdir = $(datadir)/fish/vendor_completions.d
# The shim's path is compiled into the launcher and never searched for.
shimdir = $(libdir)/secrun

# --- flags ----------------------------------------------------------------------------------------
ARCH := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null)))

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-align -Wcast-qual \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wpointer-arith \
	-Wwrite-strings -Wimplicit-fallthrough

# Control-flow integrity, where the compiler has it for this machine.
CFI := $(if $(filter x86_64,$(ARCH)),-fcf-protection=full)$(if $(filter aarch64,$(ARCH)),-mbranch-protection=standard)

# Hardening: a smashed stack, an overrun string function or a jumped guard page ends the process.
HARDEN    := -fstack-protector-strong -fstack-clash-protection $(CFI)
FORTIFY   := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
# Relocations read-only before main, none lazy; no executable stack.
HARDEN_LD := -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code

# What is built does not tell where.
BASE := -std=gnu11 -D_GNU_SOURCE -pthread $(WARN) -MMD -MP -ffile-prefix-map='$(CURDIR)=.'

DEPS        := libsodium libbsd inih
CTL_DEPS    := $(DEPS) jansson
DEPS_CFLAGS  = $(shell $(PKG_CONFIG) --cflags $(CTL_DEPS))
STATIC_LIBS  = $(shell $(PKG_CONFIG) --static --libs $(DEPS))
CTL_LIBS     = $(shell $(PKG_CONFIG) --libs $(CTL_DEPS))

LAUNCHER_FLAGS = $(BASE) $(HARDEN) $(FORTIFY) -fPIE -Ilauncher -I. -DSECRUN_VERSION='"$(VERSION)"' $(DEPS_CFLAGS)
# The shim has no libc: no stack protector (its handler lives there), no built-in that calls out (outline atomics
# live in libgcc).
SHIM_FLAGS = $(BASE) $(CFI) $(if $(filter aarch64,$(ARCH)),-mno-outline-atomics) -fPIC -ffreestanding -fvisibility=hidden \
	-fno-asynchronous-unwind-tables -I.
# Behind CFLAGS, since those of a distribution ask for both.
SHIM_LAST  = -fno-stack-protector -U_FORTIFY_SOURCE
# Two segments instead of four: they are mapped at every start of a target.
SHIM_LD    = -shared -nostdlib -Wl,-soname,secrun.so -Wl,-z,initfirst \
	-Wl,--hash-style=both $(HARDEN_LD) -Wl,-z,noseparate-code

# The stub is small, needs no relocation and no runtime, and leaves the vector registers as execve left them.
STUB_FLAGS = -Os -g0 -fno-sanitize=all -mgeneral-regs-only -ffunction-sections -fdata-sections -fno-jump-tables
STUB_LD    = -nostdlib -static-pie -Wl,--no-dynamic-linker,--gc-sections,--build-id=none,-z,noexecstack

# --- sources: one folder, one room ------------------------------------------------------------------
shim_src    := $(filter-out shim/stub.c,$(wildcard shim/*.c))
common_src  := $(wildcard launcher/base/*.c launcher/host/*.c launcher/store/*.c)
# What finds values in plaintext, looks at running programs, seals for fleets: of secrunctl alone.
scan_src    := $(wildcard launcher/scan/*.c launcher/inspect/*.c launcher/fleet/*.c)
# What the launcher and the shim agree on, built into both.
shared_src  := shim/block.c shim/capsule.c shim/capsule_map.c shim/capsule_write.c shim/carrier.c $(wildcard shim/elf*.c) shim/environ.c shim/loading.c shim/policy.c
# What an injection maps into its target; linked by itself.
stub_src    := shim/stub.c shim/take.c shim/capsule.c shim/capsule_map.c shim/environ.c shim/libc.c
deliver_src := $(filter-out launcher/deliver/machine_%.c,$(wildcard launcher/deliver/*.c)) \
	launcher/deliver/machine_$(ARCH).c $(shared_src)
run_src     := $(wildcard launcher/run/*.c)
ctl_src     := $(wildcard launcher/ctl/*.c) $(scan_src)
unit_src    := $(wildcard tests/unit/*.c tests/support/*.c)
e2e_src     := $(wildcard tests/e2e/*.c tests/support/*.c)
fuzzers     := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# In an order of their own, since what is linked keeps it.
objects = $(sort $(patsubst %.c,$(BUILD)/$(1)/%.o,$(2)))
launcher_o := $(call objects,launcher,$(common_src) $(deliver_src))
secrun_o   := $(launcher_o) $(call objects,launcher,$(run_src))
ctl_o      := $(launcher_o) $(call objects,launcher,$(ctl_src))
shim_o     := $(call objects,shim,$(shim_src))
stub_o     := $(call objects,stub,$(stub_src))
# The mains stay out of the unit tests.
unit_o     := $(filter-out %/secrun.o %/secrunctl.o,$(sort $(secrun_o) $(ctl_o))) $(call objects,tests,$(unit_src))
e2e_o      := $(call objects,tests,$(e2e_src))

.PHONY: all stage install uninstall deb clean help
.DELETE_ON_ERROR:

# SHIM_WITHOUT=NAME: a shim that leaves this function to libc, to prove that the leak matrix would notice.
shim := $(BUILD)/$(if $(SHIM_WITHOUT),without/$(SHIM_WITHOUT),secrun).so

all: $(BUILD)/secrun $(BUILD)/secrunctl $(shim) ## build both programs and the shim

$(BUILD)/launcher/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(LAUNCHER_FLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/shim/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(SHIM_FLAGS) $(CPPFLAGS) $(CFLAGS) $(SHIM_LAST) -c -o $@ $<

$(BUILD)/stub/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(SHIM_FLAGS) $(CPPFLAGS) $(CFLAGS) $(SHIM_LAST) $(STUB_FLAGS) -c -o $@ $<

$(BUILD)/tests/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(LAUNCHER_FLAGS) -Itests -DTESTS_DIR='"$(TESTS_DIR)"' $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# A thread that is cancelled while it waits in system() unwinds through it.
$(BUILD)/shim/shim/system.o: override CPPFLAGS += -fexceptions -fasynchronous-unwind-tables

# The stub is one block of bytes within the launcher.
$(BUILD)/stub.elf: $(stub_o) shim/stub.lds
	$(CC) $(STUB_LD) -Wl,-T,shim/stub.lds $(LDFLAGS) -o $@ $(stub_o)
$(BUILD)/stub.bin: $(BUILD)/stub.elf
	$(OBJCOPY) -O binary -j .stub $< $@
$(BUILD)/launcher/launcher/deliver/tracer.o: $(BUILD)/stub.bin
$(BUILD)/launcher/launcher/deliver/tracer.o: override CPPFLAGS += -DSECRUN_STUB='"$(BUILD)/stub.bin"'

# A few objects know the prefix; they are made again when it changes.
$(BUILD)/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(shimdir) $(bindir)' | cmp -s - $@ || echo '$(shimdir) $(bindir)' > $@
prefix_o := $(BUILD)/launcher/launcher/deliver/preload.o $(addprefix $(BUILD)/shim/shim/,hand_over.o hand_over_run.o reach.o)
$(prefix_o): $(BUILD)/prefix
$(prefix_o): override CPPFLAGS += -DSECRUN_SHIM='"$(shimdir)/secrun.so"' -DSECRUN_PROGRAM='"$(bindir)/secrun"'
.PHONY: FORCE

$(BUILD)/secrun: $(secrun_o)
	$(CC) -static-pie -pthread $(CFLAGS) $(HARDEN_LD) $(LDFLAGS) -o $@ $^ $(STATIC_LIBS)

$(BUILD)/secrunctl: $(ctl_o)
	$(CC) -pie -pthread $(CFLAGS) $(HARDEN_LD) $(LDFLAGS) -o $@ $^ $(CTL_LIBS)

$(BUILD)/secrun.so: $(shim_o) shim/shim.map
	$(CC) $(SHIM_LD) -Wl,--version-script=shim/shim.map $(CFLAGS) $(LDFLAGS) -o $@ $(shim_o)

$(BUILD)/without/%.so: $(shim_o) shim/shim.map
	@mkdir -p $(@D)
	sed '/^ *$*;$$/d' shim/shim.map > $(BUILD)/without/$*.map
	$(CC) $(SHIM_LD) -Wl,--version-script=$(BUILD)/without/$*.map $(CFLAGS) $(LDFLAGS) -o $@ $(shim_o)

# What is installed: its mode, the file here, its place below DESTDIR.
completions := launcher/completions
examples     = $(shell find examples -type f | LC_ALL=C sort)
installed    = \
	755 $(BUILD)/secrun $(bindir)/secrun \
	755 $(BUILD)/secrunctl $(bindir)/secrunctl \
	644 $(shim) $(shimdir)/secrun.so \
	644 $(completions)/secrun.bash $(bashdir)/secrun \
	644 $(completions)/secrun.bash $(bashdir)/secrunctl \
	644 $(completions)/_secrun $(zshdir)/_secrun \
	644 $(completions)/secrun.fish $(fishdir)/secrun.fish \
	644 $(completions)/secrunctl.fish $(fishdir)/secrunctl.fish \
	$(foreach page,$(sort $(wildcard man/*.[157])),644 $(page) $(mandir)/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
	$(foreach file,README.md $(examples),644 $(file) $(docdir)/$(file))

install: all ## install below $(DESTDIR)$(PREFIX)
	@printf '%s %s %s\n' $(installed) | while read -r mode file place; do \
		$(INSTALL) -D -m $$mode $$file $(DESTDIR)$$place || exit; \
	done

# And the directories that this leaves empty, of those that programs share only below share/.
uninstall: ## remove what install put there
	@printf '%s %s %s\n' $(installed) | LC_ALL=C sort -r -k 3 | while read -r mode file place; do \
		rm -f $(DESTDIR)$$place || exit; \
		place=$${place%/*}; \
		while case $$place in $(datadir)/*|$(shimdir)) rmdir $(DESTDIR)$$place 2>/dev/null ;; *) false ;; esac; do \
			place=$${place%/*}; \
		done; \
	done

# Running from the tree: everything, installed below $(STAGE) with that prefix compiled in.
stage: ## install into STAGE (build/stage) to run from this tree
	$(MAKE) install PREFIX='$(STAGE)' DESTDIR=

# DEB_BUILD_OPTIONS and DEB_BUILD_PROFILES are honoured; nocheck runs no tests. Of a git tree it packs what git tracks.
deb: ## install what it takes, and build the Debian package in DEB (build/deb)
	@tests/setup.sh deb
	.debian/export.sh '$(VERSION)' '$(DEB)/secrun-$(VERSION)'
	cd '$(DEB)/secrun-$(VERSION)' && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
		DEB_BUILD_PROFILES='$(DEB_BUILD_PROFILES) $(filter nocheck,$(DEB_BUILD_OPTIONS))' dpkg-buildpackage -us -uc -b

# --- tests ------------------------------------------------------------------------------------------
include tests/tests.mk

clean: ## remove the build directory
	rm -rf $(BUILD)

help: ## list the targets
	@sed -n 's/^\([a-z0-9_-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

-include $(patsubst %.o,%.d,$(sort $(secrun_o) $(ctl_o) $(shim_o) $(stub_o) $(unit_o) $(e2e_o) $(matrix_o) $(probe_o) $(programs_o) $(fuzz_o))) $(fuzzers:%=$(BUILD)/fuzz/tests/fuzz/fuzz_%.d)
