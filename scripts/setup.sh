# shellcheck shell=bash disable=SC2154  # root comes from the caller
# Shell functions that bring a Debian 12 machine to where Postrider can be built: sourced by ./run and
# ./test, which set `root` to the source tree first. Nothing happens by sourcing.
#
#   install_sections run build     what packages.txt lists there and is missing; nothing to do is fast
#   build_targets release postrider

readonly policy=/usr/sbin/policy-rc.d
readonly policy_aside=$policy.kept-by-postrider

say() {
  if [ -t 2 ]; then printf '\033[1m==>\033[0m %s\n' "$*" >&2; else printf '==> %s\n' "$*" >&2; fi
}

die() {
  printf 'postrider: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# The entries of the named sections of packages.txt.
listed() {
  awk -v wanted=" $* " '
    /^\[/ { on = index(wanted, " " substr($0, 2, length($0) - 2) " ") > 0; next }
    on && NF && !/^#/ { print $1 }' "$root/packages.txt"
}

# Of the Debian packages given on standard input, those that are not installed.
missing_debian() {
  local names
  names=$(cat)
  # shellcheck disable=SC2086  # words, each a package
  { dpkg-query -W -f '${Package} ${db:Status-Status}\n' $names 2> /dev/null || true; } |
    awk -v names="$names" '$2 == "installed" { have[$1] = 1 }
      END { n = split(names, all, "\n"); for (i = 1; i <= n; ++i) if (!(all[i] in have)) print all[i] }'
}

install_sections() {
  command -v dpkg-query > /dev/null ||
    die "this is not a Debian system" "Postrider is set up on Debian 12; elsewhere install what packages.txt names by hand."
  mkdir -p "$root/build"
  local entries missing
  entries=$(listed "$@")
  missing=$(printf '%s\n' "$entries" | grep -v ':' | missing_debian || true)
  # shellcheck disable=SC2086  # words, each a package
  [ -z "$missing" ] || install_debian $missing
  for entry in $(printf '%s\n' "$entries" | grep '^npm:' || true); do
    install_npm "${entry#npm:}"
  done
  for entry in $(printf '%s\n' "$entries" | grep '^unpacked:' || true); do
    unpack_debian "${entry#unpacked:}"
  done
}

install_debian() {
  [ "$(id -u)" = 0 ] ||
    die "installing packages needs root: run this with sudo, or install them first:" "apt-get install --no-install-recommends $*"
  export DEBIAN_FRONTEND=noninteractive
  local log=$root/build/setup.log
  : > "$log"
  say "Installing $# packages and what they need (log: build/setup.log)"
  # The lists of a fresh image are absent, those of an old one name files that are gone.
  local updated=no
  if ! apt_get install -s "$@" > /dev/null 2>> "$log"; then
    update_lists "$log"
    updated=yes
  fi
  hold_services
  if ! install_with_progress "$log" "$@"; then
    [ $updated = no ] || install_failed "$log"
    update_lists "$log"
    install_with_progress "$log" "$@" || install_failed "$log"
  fi
  keep_off_at_boot "$@"
  release_services
  touch "$root/build/packages-changed"
}

apt_get() {
  apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 \
    -o Acquire::http::Timeout=30 -o APT::Update::Error-Mode=any --no-install-recommends "$@"
}

update_lists() {
  say "Fetching the package lists"
  apt_get update >> "$1" 2>&1 || install_failed "$1"
}

install_failed() {
  tail -n 15 "$1" >&2
  release_services
  die "the packages could not be installed; the last lines of build/setup.log stand above" \
    "Is this machine online, and is it Debian 12? What was installed so far is kept: call again."
}

# One line that counts on a terminal, a line every so often in a log.
install_with_progress() {
  local log=$1
  shift
  local steps
  steps=$(apt_get install -s "$@" 2>> "$log" | grep -c '^Inst' || true)
  # Postfix asks what it is for; "No configuration" leaves it without one.
  echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections 2>> "$log" || true
  apt_get install "$@" 2>&1 < /dev/null | tee -a "$log" |
    awk -v steps="$steps" -v live="$([ -t 2 ] && echo 1)" '
      /^(Get:|Unpacking|Setting up)/ {
        if (/^Get:/) fetched++; else if (/^Unpacking/) unpacked++; else ready++
        text = sprintf("fetched %d, unpacked %d, ready %d of %d", fetched, unpacked, ready, steps)
        if (live) printf "\r    %s  ", text > "/dev/stderr"
        else if ((fetched + unpacked + ready) % 100 == 0) print "    " text > "/dev/stderr"
      }
      END { if (live) print "" > "/dev/stderr" }'
}

# The mailers and name servers of the tests must never run as the machine's own: while packages are
# installed a policy of ours forbids every start, and what was there before is put back.
hold_services() {
  if [ -e "$policy" ] && [ ! -e "$policy_aside" ]; then
    mv "$policy" "$policy_aside"
  fi
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
  services_held=yes
  trap release_services EXIT
}

release_services() {
  [ "${services_held:-no}" = yes ] || return 0
  if [ -e "$policy_aside" ]; then
    mv -f "$policy_aside" "$policy"
  else
    rm -f "$policy"
  fi
  services_held=no
  trap - EXIT
}

# Only what we have just brought: a Postfix that was here before is not ours to stop.
keep_off_at_boot() {
  local name
  for name in "$@"; do
    case $name in
      clickhouse-server | postfix | nsd | opendkim) update-rc.d "$name" disable > /dev/null 2>&1 || true ;;
    esac
  done
}

install_npm() {
  local name=${1%@*} version=${1##*@} folder=$root/build/node
  if grep -qs "\"version\": \"$version\"" "$folder/node_modules/$name/package.json"; then
    return 0
  fi
  command -v npm > /dev/null || install_debian npm
  say "Installing $name $version from the npm registry"
  mkdir -p "$folder"
  npm install --prefix "$folder" --no-audit --no-fund --loglevel error "$name@$version" >> "$root/build/setup.log" 2>&1 ||
    install_failed "$root/build/setup.log"
}

# A package that must not be installed beside another one: its files, below build/unpacked.
unpack_debian() {
  local name=$1 folder=$root/build/unpacked log=$root/build/setup.log
  [ ! -e "$folder/$name.unpacked" ] || return 0
  say "Unpacking $name"
  mkdir -p "$folder"
  (
    cd "$folder"
    rm -f "$name"_*.deb
    apt_get download "$name" || { apt_get update && apt_get download "$name"; }
    dpkg -x "$name"_*.deb .
    rm "$name"_*.deb
    touch "$name.unpacked"
  ) >> "$log" 2>&1 || install_failed "$log"
}

# Configures the preset where it has not been, or not since packages came (what CMake did not find then
# it may find now), and builds the targets (all of them if none is named).
build_targets() {
  local preset=$1
  shift
  local folder=$root/build/$preset
  if [ ! -e "$folder/build.ninja" ] || [ "$root/build/packages-changed" -nt "$folder/build.ninja" ]; then
    say "Configuring (preset $preset)"
    (cd "$root" && cmake --preset "$preset" > "$root/build/configure-$preset.log" 2>&1) || {
      tail -n 30 "$root/build/configure-$preset.log" >&2
      die "configuring failed; see build/configure-$preset.log" "After a change of compiler or packages: rm -r build/$preset"
    }
  fi
  say "Building (preset $preset)"
  ninja -C "$folder" "$@" >&2 || die "the build failed; the reason stands above"
}
