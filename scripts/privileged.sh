# For `.`: may_install says whether Debian packages may be installed here; as_root runs a command with the rights.

may_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] && return 0
    command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# install_debian PACKAGE…: quietly; on failure prints the end of what apt said and returns 1.
# Services of the packages are kept from starting by policy-rc.d (invoke-rc.d(8)).
install_debian() {
    log=$(mktemp) || return 1
    policy=/usr/sbin/policy-rc.d
    made=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" && made=1
    fi
    done=1
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 -qq update >"$log" 2>&1 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 \
            -qq -y --no-install-recommends install "$@" >>"$log" 2>&1; then
        done=0
    else
        tail -5 "$log" >&2
    fi
    [ -z "$made" ] || as_root rm -f "$policy"
    rm -f "$log"
    return $done
}
