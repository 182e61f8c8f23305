# SPDX-License-Identifier: ISC
# See deep.c.
print -r -- "zsh KEY=${KEY-(none)} TOKEN=${TOKEN-(none)} PEM=${PEM-(none)}."
[[ $# -eq 0 ]] && exit
("$@")
exit $?
