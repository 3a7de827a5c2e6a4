#!/bin/sh
# The web app's errands for make and for the package's build: `install`, `build`, `check`. Needs Node 20.19 or later.
# Where there is no Node (or, for `build`, no way to fetch packages) it says so and ends well unless REQUIRED=1: the
# server runs without its web app.
set -u
cd "$(dirname "$0")/../web" || exit 1
stamps=../.stamps
required=${REQUIRED:-0}

give_up() {
    echo "$1" >&2
    exit "$required"
}

node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
    >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 ||
    give_up "No Node 20.19 or later with npm here: the web app is not $1. The API works without it."

install() {
    if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt "$stamps/npm" ]; then
        echo "Installing what the web app is built with"
        npm ci --no-audit --no-fund --loglevel=error >&2 || return 1
        mkdir -p "$stamps" && touch "$stamps/npm"
    fi
}

case "$1" in
    install) install ;;
    build)
        install || give_up "The web app's packages can't be fetched: it is not built. The API works without it."
        echo "Building the web app"
        npm run --silent build || exit 1
        mkdir -p "$stamps" && touch "$stamps/web"
        ;;
    check) install && npm run --silent check && npm run --silent test ;;
    format) install && npm run --silent format ;;
esac
