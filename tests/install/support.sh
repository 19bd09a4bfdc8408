# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are for the cases
# What each case begins with: an own folder, gone afterwards, with a copy of the project in it.
#
#   $tree     an installation that has been moved since `make install`
#   $images   where to leave an image that the boot tests shall run
set -euo pipefail
tree=$1
images=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/project" "$work/project"
cd "$work/project"
mkdir -p "$images"
export PATH=$tree/bin:$PATH

fail() {
  echo "$*" >&2
  exit 1
}

# keep NAME: the image of the case, which must be one.
keep() {
  readelf -n app.elf | grep Xen >/dev/null || fail "app.elf has no notes for Xen"
  nm app.elf | grep ' lodger_symbols$' >/dev/null || fail "app.elf names no functions"
  cp app.elf "$images/$1.elf"
}

# refuses STATUS TEXT COMMAND...: the command ends with the status and says the text, in few lines.
refuses() {
  local status=0 output
  output=$("${@:3}" 2>&1) || status=$?
  [ "$status" = "$1" ] || fail "${*:3}: status $status, not $1: $output"
  grep -qF -- "$2" <<<"$output" || fail "${*:3}: does not say '$2' but: $output"
  ! grep -q Traceback <<<"$output" || fail "${*:3}: a traceback: $output"
}
