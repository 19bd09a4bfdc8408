# shellcheck shell=bash
# Where downloads and builds are kept: the one definition, sourced by every script.
# Made absolute, since scripts change directory.
LODGER_CACHE=${LODGER_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/lodger}
mkdir -p "$LODGER_CACHE"
LODGER_CACHE=$(cd "$LODGER_CACHE" && pwd)
export LODGER_CACHE
