#!/usr/bin/env bash
# Feeds the write side's decoders (lines, JSON arrays, CloudEvents, protobuf messages) ten million inputs each.
# Usage: Tests/Benchmarks/ingest_fuzz.sh [INPUTS [SEED]]     (after a build of the tests in release mode)
# What is accepted must be one line of JSON that reads back as the same event; what is refused must leave nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export GOALPOST_FUZZ_INPUTS=${1:-10000000} GOALPOST_FUZZ_SEED=${2:-$(date +%s)}
echo "seed $GOALPOST_FUZZ_SEED"
swift test --configuration release --skip-build --explicit-target-dependency-import-check error \
    --filter 'EventFuzzTests|MessageFuzzTests'
