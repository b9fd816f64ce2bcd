#!/bin/sh
# Bring what the tests need beside Python: Dovecot, as IMAP server. Installs it from Debian's packages where that is
# allowed; elsewhere says what is missing, and the tests that need it are skipped with that reason.
set -eu
cd "$(dirname "$0")/.."
. scripts/privileged.sh

reason() {
    .venv/bin/python -c 'from tests.servers.dovecot import why_not; print(why_not())'
}

missing=$(reason)
[ -n "$missing" ] || exit 0
if may_install; then
    echo "Installing Dovecot for the tests (its service is not started)…"
    install_debian dovecot-imapd dovecot-lmtpd || true
    missing=$(reason)
    [ -n "$missing" ] || exit 0
fi
echo "Missing for the tests: $missing. The tests that need it are skipped."
