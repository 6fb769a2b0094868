#!/bin/bash
# run.sh PUBLISHED_FOLDER CIRCUITS... : one line of figures for each number of circuits, each of an app started for it. Settings of the app are taken from
# the environment (ChatApp__…, DOTNET_…), further options of the load from LOAD. Build ChatApp.Benchmarks in Release first, and `npm ci` here.
set -eu
cd "$(dirname "$0")"
folder=$1; shift
port=${PORT:-5100}; upstream=${UPSTREAM:-9110}
dotnet ../bin/Release/net10.0/ChatApp.Benchmarks.dll upstream "http://127.0.0.1:$upstream" &
model=$!
trap 'kill $model' EXIT
for count in "$@"; do
  data=$(mktemp -d)
  case ${LOAD:-} in *"--keys false"*) keys= ;; *) keys=$(node keys.mjs $((count + 20))) ;; esac
  ChatApp__Storage__Path=$data ChatApp__Providers__bench__Kind=openai ChatApp__Providers__bench__Endpoint=http://127.0.0.1:$upstream/v1 \
    ChatApp__Providers__bench__ApiKey=none ChatApp__Providers__bench__Models__0='*' env $keys dotnet "$folder/ChatApp.dll" --urls "http://127.0.0.1:$port" >"$data/log" 2>&1 &
  app=$!
  until curl -sfo /dev/null "http://127.0.0.1:$port/health/live"; do sleep 0.1; done
  node load.mjs --url "http://127.0.0.1:$port" --pid $app --circuits "$count" ${LOAD:-} || tail -5 "$data/log"
  kill -9 $app; wait $app 2>/dev/null || true
  rm -rf "$data"
done
