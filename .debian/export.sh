#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes the source tree that dpkg-buildpackage wants, with .debian as debian and a changelog whose first
# entry is of this version. Run by `make deb`, as whoever called it; sees no secret.
# usage: .debian/export.sh VERSION DIRECTORY
set -eu
version=$1 tree=$2
cd "$(dirname "$0")/.."

# What lies about in a work tree is not for a package.
files() {
    if [ -e .git ] && command -v git >/dev/null; then
        # The tree may be another user's: nothing of its configuration is run here.
        git -c safe.directory='*' ls-files
    else
        find . -type f ! -path './build/*' | sed 's,^\./,,'
    fi | LC_ALL=C sort
}

rm -rf "$tree"
mkdir -p "$tree"
files | while IFS= read -r file; do
    [ ! -e "$file" ] || printf '%s\n' "$file"
done | tar -c -T - | tar -x -C "$tree"
mv "$tree/.debian" "$tree/debian"
rm "$tree/debian/export.sh"

first=$(sed -n '1s/^secrun (\(.*\)) .*/\1/p' .debian/changelog)
if [ "$first" != "$version" ]; then
    date=$(sed -n '/^ -- /{s/^ -- .*>  //p;q;}' .debian/changelog)
    cat - .debian/changelog >"$tree/debian/changelog" <<END
secrun ($version) unstable; urgency=medium

  * Version $version.

 -- secrun maintainers <secrun@example.org>  $date

END
fi
