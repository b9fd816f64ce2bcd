#!/bin/sh
# Bring what the tests need beside Python: Dovecot, as IMAP server, and PostgreSQL. Installs them from Debian's packages
# where that is allowed; elsewhere says what is missing, and the tests that need it are skipped with that reason.
set -eu
cd "$(dirname "$0")/.."
. scripts/privileged.sh

# reason MODULE: why its server cannot be run here, empty when it can.
reason() {
    .venv/bin/python -c "from tests.servers.$1 import why_not; print(why_not())"
}

# bring NAME MODULE PACKAGE…
bring() {
    name=$1 module=$2
    shift 2
    missing=$(reason "$module")
    [ -n "$missing" ] || return 0
    if may_install; then
        echo "Installing $name for the tests (its service is not started)…"
        install_debian "$@" || true
        missing=$(reason "$module")
        [ -n "$missing" ] || return 0
    fi
    echo "Missing for the tests: $missing. The tests that need it are skipped."
}

# The tests make a cluster of their own: Debian is not to make one for the system. Nothing of an existing choice is
# touched.
no_main_cluster() {
    [ ! -e /etc/postgresql-common/createcluster.conf ] || return 0
    may_install || return 0
    as_root mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
}

bring Dovecot dovecot dovecot-imapd dovecot-lmtpd
[ -z "$(reason postgres)" ] || no_main_cluster
bring PostgreSQL postgres postgresql
