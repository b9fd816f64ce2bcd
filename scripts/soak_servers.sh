#!/bin/sh
# Cyrus and Courier for `make soak`. Debian lets neither stand beside Dovecot, so each gets a Debian of its own in a
# folder, made by debootstrap from this machine's own package sources and kept for the next run. Where that cannot be
# done, says why in one sentence; the tests that need them are skipped with their reason.
set -eu
cd "$(dirname "$0")/.."
. scripts/privileged.sh

home=$(.venv/bin/python -c "from tests.servers.debian_roots import HOME; print(HOME)")

cannot() {
    echo "Cyrus and Courier cannot be installed for the tests: $1. The tests that need them are skipped."
    exit 0
}

# targets SUITE: "URI SUITE COMPONENT" of this machine's package sources of SUITE and its updates.
targets() {
    # shellcheck disable=SC2016  # apt fills these in
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite="$1" '$2 == suite || index($2, suite "-") == 1' | sort -u
}

# make_base: a smallest Debian of this machine's release, without any server.
make_base() {
    suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    mirror=$(targets "$suite" | awk -v suite="$suite" '$2 == suite && $3 == "main" { print $1; exit }')
    [ -n "$mirror" ] || cannot "apt knows no packages of this machine's release"
    if ! command -v debootstrap >/dev/null 2>&1; then
        echo "Installing debootstrap for the tests…"
        install_debian debootstrap || true
        command -v debootstrap >/dev/null 2>&1 || cannot "debootstrap is not installed (apt-get install debootstrap)"
    fi
    echo "Making a small Debian for the tests in $home…"
    rm -rf "$home/base.new" "$home/base"
    debootstrap --variant=minbase "$suite" "$home/base.new" "$mirror" >"$home/base.log" 2>&1 ||
        cannot "debootstrap failed, see $home/base.log"
    targets "$suite" | sed 's/^/deb /' >"$home/base.new/etc/apt/sources.list"
    # How this machine reaches its sources: nothing else of its configuration.
    apt-config dump Acquire | grep -i '::proxy ' >"$home/base.new/etc/apt/apt.conf.d/90proxy" || true
    # No daemon of the packages starts by itself (invoke-rc.d(8)).
    printf '#!/bin/sh\nexit 101\n' >"$home/base.new/usr/sbin/policy-rc.d"
    chmod 755 "$home/base.new/usr/sbin/policy-rc.d"
    mv "$home/base.new" "$home/base"
}

# bring NAME PACKAGE…
bring() {
    name=$1
    shift
    [ ! -e "$home/$name/.ready" ] || return 0
    [ -d "$home/base" ] || make_base
    echo "Installing $name for the tests…"
    rm -rf "$home/$name"
    cp -a "$home/base" "$home/$name"
    cp -L /etc/resolv.conf "$home/$name/etc/resolv.conf" 2>/dev/null || true
    if chroot "$home/$name" env DEBIAN_FRONTEND=noninteractive sh -c \
        'apt-get -o Acquire::Retries=3 -qq update && apt-get -o Acquire::Retries=3 -qq -y --no-install-recommends install "$@"' \
        sh "$@" >"$home/$name.log" 2>&1; then
        : >"$home/$name/.ready"
    else
        cannot "apt failed, see $home/$name.log"
    fi
}

if [ ! -e "$home/cyrus/.ready" ] || [ ! -e "$home/courier/.ready" ]; then
    [ "$(id -u)" = 0 ] || cannot "only root may make a Debian in a folder and run servers in it"
    command -v apt-get >/dev/null 2>&1 || cannot "this is no Debian"
    mkdir -p "$home"
fi
bring cyrus cyrus-imapd sasl2-bin
bring courier courier-imap
