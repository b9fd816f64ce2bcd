#!/bin/sh
# Write requirements.lock (program, demo, build) and requirements-dev.lock (all of it and the tools), for every
# platform and Python that pyproject.toml allows, with hashes and without any index's address.
# uv does it, in a throwaway environment, from the default index alone: local indexes and wheels would spoil hashes.
set -eu
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS UV_INDEX_URL UV_EXTRA_INDEX_URL UV_INDEX UV_FIND_LINKS
export PIP_CONFIG_FILE=/dev/null UV_NO_CONFIG=1
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt

"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check uv

compile() {
    target=$1
    shift
    "$scratch/venv/bin/uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --upgrade \
        --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-package glazok --no-header --no-annotate \
        "$@" --output-file "$scratch/out"
    {
        echo "# Written by \`make lock\`. Install with: pip install --require-hashes -r $target"
        cat "$scratch/out"
    } >"$scratch/$target"
    if grep -n -E '://|^--?(index|extra|find|trusted)' "$scratch/$target"; then
        echo "lock.sh: $target names an address, which it must not" >&2
        exit 1
    fi
    rm "$scratch/out"
}

compile requirements-dev.lock --extra dev
compile requirements.lock --extra demo --extra build --constraint "$scratch/requirements-dev.lock"
mv "$scratch/requirements.lock" "$scratch/requirements-dev.lock" .
echo "requirements.lock: $(grep -c '^[a-z]' requirements.lock) packages;" \
    "requirements-dev.lock: $(grep -c '^[a-z]' requirements-dev.lock)"
