# Sourced by setup.sh and test_matrix.sh.

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else echo "This needs root, and there is no sudo: run it as root once." >&2; return 1
  fi
}

# mirror_of CODENAME: the address that this machine's own apt configuration uses for a release, so that
# a mirror or a proxy configured there keeps being used for what is derived from it.
mirror_of() {
  local codename=$1 address
  address=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $codename" 2>/dev/null | sort -u | head -n 1)
  if [ -z "$address" ]; then
    # apt knows its index targets only after an update: read the entries themselves.
    address=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
      awk -v suite="$codename" '
        /^deb / { for (i = 2; i <= NF; i++) if ($i == suite) { print $(i - 1); exit } }
        /^URIs:/ { address = $2 }
        /^Suites:/ { for (i = 2; i <= NF; i++) if ($i == suite) { print address; exit } }
      ')
  fi
  if [ -z "$address" ]; then
    echo "This machine's apt configuration has no entry for '$codename'." >&2
    return 1
  fi
  echo "$address"
}
