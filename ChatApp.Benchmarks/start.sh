#!/bin/bash
# start.sh PUBLISHED_FOLDER [TIMES] : how long the published app takes from its start to the first token of its first answer, and what it holds then and
# when it has had nothing to do for ten seconds. One line for each start, the first from a cold disk at best. Needs curl.
set -eu
folder=$1; port=${PORT:-5109}
for _ in $(seq "${2:-5}"); do
  data=$(mktemp -d); log=$(mktemp)
  began=$(date +%s%N)
  ChatApp__Storage__Path=$data dotnet "$folder/ChatApp.dll" --urls "http://127.0.0.1:$port" >"$log" 2>&1 &
  pid=$!
  until curl -sN -m 5 "http://127.0.0.1:$port/api/chat/stream" -H 'Content-Type: application/json' \
    -d '{"model":"guide/guide","messages":[{"role":"user","content":"How do I start it?"}]}' 2>/dev/null | grep -qm1 '"type":"token"'; do
    sleep 0.01
  done
  took=$(( ($(date +%s%N) - began) / 1000000 ))
  memory() { awk '/VmRSS/ {print int($2 * 1.024 / 1000)}' "/proc/$pid/status"; }
  after=$(memory); sleep 10
  echo "first token after $took ms; $after MB then, $(memory) MB idle"
  kill "$pid"; wait "$pid" 2>/dev/null || true
  rm -rf "$data" "$log"
done
