#!/bin/sh
# SPDX-License-Identifier: ISC
# A repository, commits with hooks, aliases, an editor, a rebase and a fetch by a helper, all with "$RUN" before git.
# shellcheck disable=SC2016 # what is quoted is for the shells that are started
set -e
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='2026-11-23T18:00:00Z' GIT_COMMITTER_DATE='2026-11-23T18:00:00Z'
"$RUN" git init -q -b main repository
cd repository
git config user.name tester
git config user.email tester@localhost
git config alias.digest '!../../digest.sh alias'
git config alias.deep '!f() { git digest; sh -c "../../digest.sh \"$1\""; }; f'
git config core.pager "sh -c 'cat; ../../digest.sh pager'"
cp ../pre-commit.sh .git/hooks/pre-commit
cp ../post-commit.sh .git/hooks/post-commit
chmod 755 .git/hooks/pre-commit .git/hooks/post-commit
for n in 1 2 3; do
    echo "$n" >"file$n"
    "$RUN" git add "file$n"
    "$RUN" git commit -q -m "commit $n"
done
"$RUN" sh -c 'printf "%s\n" "$KEY" >leak && git add leak && ! git commit -q -m leak && git rm -qf leak'
"$RUN" git digest
"$RUN" git deep argument
GIT_EDITOR='sh -c "../../digest.sh editor >\"\$1\"" editor' "$RUN" git commit -q --allow-empty
"$RUN" git rebase -q --exec '../../digest.sh exec' HEAD~2
"$RUN" git -c protocol.ext.allow=always ls-remote 'ext::sh -c ../../digest.sh% helper% >&2;git-upload-pack% .' || :
"$RUN" git log --format='%H %s%n%b'
"$RUN" script -qec 'git log -1 --format=%s' /dev/null | tr -d '\r'
"$RUN" git notes list
"$RUN" git fsck --strict
