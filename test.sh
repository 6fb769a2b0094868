#!/usr/bin/env bash
# Installs what the tests need where it can (Debian, as root), and runs them all. Arguments go to `dotnet test`.
set -uo pipefail
cd "$(dirname "$0")"

missing() { ! command -v "$1" >/dev/null 2>&1; }

packages=()
for need in chromium curl nginx npm; do
  missing "$need" && packages+=("$need")
done
# Debian keeps its programs out of the way.
if missing initdb && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  packages+=(postgresql)
fi
if [ ${#packages[@]} -gt 0 ] && command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null \
    || echo "Could not install ${packages[*]}; the tests that need them are skipped and named." >&2
fi

# The clients of other projects, at the versions of the lock file.
if ! missing npm && ! npm --prefix ChatApp.Tests/Clients ci --silent --no-audit --no-fund --ignore-scripts; then
  echo "Could not install the npm clients; the tests that need them are skipped and named." >&2
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
dotnet test ChatApp.Tests "$@" | tee "$log"
status=${PIPESTATUS[0]}

# Passed!  - Failed:     0, Passed:   246, Skipped:     0, Total:   246, Duration: 4 s - ChatApp.Tests.dll (net10.0)
count() { sed -nE "s/.* $1: +([0-9]+),.*/\1/p" "$log" | tail -n 1; }
passed=$(count Passed); failed=$(count Failed); skipped=$(count Skipped)
[ -n "$passed" ] || { echo "The tests did not run."; exit 1; }
echo "$passed passed, $failed failed$([ "${skipped:-0}" = 0 ] || echo ", $skipped skipped")"
exit "$status"
