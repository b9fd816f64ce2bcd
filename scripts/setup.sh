#!/bin/sh
# Make .venv and install Glazok into it from the lock: `setup.sh run` for the program, `setup.sh dev` for work on it.
# Does nothing when the environment fits the lock already. $PYTHON names the interpreter (default: python3).
set -eu
cd "$(dirname "$0")/.."
. scripts/privileged.sh

profile=${1:-run}
case $profile in
    run) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) echo "setup.sh: run or dev, not '$profile'" >&2; exit 2 ;;
esac

fail() {
    echo "Glazok: $*" >&2
    exit 1
}

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1
}

find_python() {
    for name in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if fits "$name"; then
            echo "$name"
            return
        fi
    done
    fail "needs Python 3.11, 3.12 or 3.13, and '${PYTHON:-python3}' is none. Install one" \
        "(Debian: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python3"
}

# The environment fits when it was made here, from these files, by an interpreter that is still there.
wanted=$({ pwd; cat requirements.lock requirements-dev.lock pyproject.toml hatch_build.py; } | sha256sum)
current() {
    [ "$(cat ".venv/.$1" 2>/dev/null)" = "$wanted" ] && fits .venv/bin/python
}

make_venv() {
    python=$(find_python)
    echo "Making .venv with $("$python" -c 'import sys; print("Python", sys.version.split()[0])')…"
    rm -rf .venv
    said=$("$python" -m venv .venv 2>&1) && return
    rm -rf .venv
    if may_install; then
        echo "Installing python3-venv, which Debian keeps apart…"
        version=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        if install_debian python3-venv || install_debian "$version"; then
            said=$("$python" -m venv .venv 2>&1) && return
            rm -rf .venv
        fi
    fi
    case $said in *ensurepip*) ;; *) echo "$said" >&2 ;; esac
    fail "$python cannot make a virtual environment. As root: apt-get install python3-venv; then run make again."
}

compile() {
    for source in core/locale/*/LC_MESSAGES/*.po; do
        if [ -e "$source" ] && [ ! "${source%.po}.mo" -nt "$source" ]; then
            .venv/bin/python scripts/catalogues.py compile
            return
        fi
    done
}

if current dev || { [ "$profile" = run ] && current run; }; then
    compile
    exit 0
fi

[ -x .venv/bin/python ] && fits .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1 || make_venv
rm -f .venv/.run .venv/.dev
echo "Installing what $lock names…"
pip() {
    .venv/bin/python -m pip --disable-pip-version-check --no-input -qq "$@"
}
pip install --require-hashes -r "$lock" ||
    fail "the packages could not be installed: see above. Without a network, give pip a folder of wheels" \
        "(PIP_FIND_LINKS) and run make again."
pip install --no-deps --no-build-isolation --editable . || fail "Glazok itself could not be installed: see above."
compile
echo "$wanted" >".venv/.$profile"
