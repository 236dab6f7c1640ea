# shellcheck shell=bash
# What the scripts share: where the repository is, which packages it needs, how it is built. Sourced, never run.

root=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")

# One row a package: Debian's name, then the pkg-config module or the header (below /usr/include, with or without the
# machine's folder) or the command that shows it is there. Also listed in Package.swift and docs/dependencies.md;
# scripts/check compares the three.
# shellcheck disable=SC2034 # used by the scripts that source this
build_packages=(
    "git command git"
    "pkg-config command pkg-config"
    "liblua5.4-dev module lua5.4"
    "zlib1g-dev module zlib"
    "libssl-dev module libcrypto"
    "libedit-dev module libedit"
    "libjpeg-dev module libjpeg"
    "libpng-dev module libpng"
    "libdnnl-dev header oneapi/dnnl/dnnl.h"
)

# For runs of several processes, which need an MPI.
# shellcheck disable=SC2034
mpi_packages=(
    "libopenmpi-dev command mpicc"
    "openmpi-bin command mpirun"
)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
    say "$@"
    exit 1
}

# installed KIND NAME: whether what a package brings is there.
installed() {
    case $1 in
    command) command -v "$2" >/dev/null ;;
    module) command -v pkg-config >/dev/null && pkg-config --exists "$2" ;;
    header) compgen -G "/usr/include/$2" >/dev/null || compgen -G "/usr/include/*-linux-gnu/$2" >/dev/null ;;
    esac
}

# missing_packages ROW...: the Debian names of the rows whose content is absent, one a line.
missing_packages() {
    local row package kind name
    for row in "$@"; do
        read -r package kind name <<<"$row"
        installed "$kind" "$name" || echo "$package"
    done
}

# need_packages ROW...: Swift, and the packages of the rows; installs what is missing where that takes no password, else
# says the one line that does it and ends the script.
need_packages() {
    command -v swift >/dev/null || die \
        "swift is missing: install Swift 6.1 or later from https://www.swift.org/install/linux/ and put it on PATH"
    local missing as_root=() log
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0

    local line="apt-get update && apt-get install -y ${missing[*]}"
    command -v apt-get >/dev/null || die \
        "missing, by their Debian names: ${missing[*]}. Install your system's packages of the same libraries."
    if ((EUID != 0)); then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
            as_root=(sudo -n)
        else
            local become="sudo sh -c"
            command -v sudo >/dev/null || become="su -c"
            die "packages are missing; run this line, then try again:
  $become '$line'"
        fi
    fi
    say "installing ${missing[*]} …"
    log=$(mktemp)
    if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c "$line" >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        die "apt-get failed (above); the line was: $line"
    fi
    rm -f "$log"
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} == 0)) || die "still missing after the installation: ${missing[*]}"
}

# build_agent FILE: the program that speaks MPI for a run of several processes.
build_agent() { mpicc -O2 -Wall -Wextra -o "$1" "$root/Sources/mpi-agent/agent.c"; }

# swift_build ARGUMENT...: builds quietly, and shows what the compiler said when it fails.
swift_build() {
    local log
    log=$(mktemp)
    if ! (cd "$root" && swift build "$@") >"$log" 2>&1 </dev/null; then
        # Progress lines ("[12/80] Compiling …") would bury the errors.
        grep -Ev '^\[[0-9]+/[0-9]+\] ' "$log" >&2 || cat "$log" >&2
        rm -f "$log"
        die "the build failed (above): swift build $*"
    fi
    rm -f "$log"
}
