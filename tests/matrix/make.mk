# SPDX-License-Identifier: ISC
# make -f make.mk WAY COMMAND='PROGRAM SOCKET': starts the witness by one of make's ways. Run by the leak matrix;
# holds secrets, and prints none.
.PHONY: recipe shell-recipe recursive function parallel first second exported
recipe:
	@$(COMMAND)
shell-recipe:
	@$(COMMAND) && :
recursive:
	@$(MAKE) --no-print-directory -f $(firstword $(MAKEFILE_LIST)) recipe
function:
	@: $(shell $(COMMAND) && echo said)
parallel: first second
first second:
	@$(COMMAND) $@
exported: export COPY = $(KEY)
exported:
	@$(COMMAND)
