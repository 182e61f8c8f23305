# secrun and its tests for a machine that is emulated: built here, against that machine's Debian tree. In it
# secrun is in /opt/secrun, the tests' sources are in /opt/tests, the test programs in /opt/run.

emulated_tree = $(CURDIR)/build/emulated/$(1)/tree
cross         = $(MAKE) BUILD=build/$(1) PREFIX=/opt/secrun DESTDIR='$(CURDIR)/build/$(1)/root' TESTS_DIR=/opt/tests \
	CC='$(1)-linux-gnu-gcc --sysroot=$(emulated_tree)' CFLAGS='-O2 -g -Werror' CPPFLAGS= LDFLAGS= OBJCOPY=$(1)-linux-gnu-objcopy \
	PKG_CONFIG='env PKG_CONFIG_SYSROOT_DIR=$(emulated_tree) PKG_CONFIG_LIBDIR=$(emulated_tree)/usr/lib/$(1)-linux-gnu/pkgconfig:$(emulated_tree)/usr/share/pkgconfig pkg-config'

.PHONY: install-tests cross-aarch64 cross-x86_64 check-aarch64 check-x86_64

programs_o := $(call objects,tests,tests/emulated/programs.c tests/support/program.c tests/support/command.c)
$(BUILD)/programs: $(programs_o)
	$(CC) -pie $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CRITERION_LIBS)

install-tests: install $(BUILD)/unit $(BUILD)/e2e $(BUILD)/programs
	$(INSTALL) -d $(DESTDIR)/opt/run
	$(INSTALL) -m 755 $(BUILD)/unit $(BUILD)/e2e $(BUILD)/programs $(DESTDIR)/opt/run

cross-aarch64 cross-x86_64: cross-%:
	+$(call cross,$*) install-tests

check-aarch64: ## the tests of aarch64: under user emulation, and in a guest with Debian's kernel
	@tests/setup.sh aarch64
	@MAKE='$(MAKE)' tests/check.sh user-aarch64 guest-aarch64

check-x86_64: ## the tests in an x86-64 guest with Debian's kernel
	@tests/setup.sh x86_64
	@MAKE='$(MAKE)' tests/check.sh guest-x86_64
