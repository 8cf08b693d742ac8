#!/usr/bin/env bash
# Feeds the front's decoder and handler ten million inputs, from good requests to noise, inside a test process.
# Usage: Tests/Benchmarks/front_fuzz.sh [INPUTS [SEED]]     (after a build of the tests in release mode)
# Each connection's bytes are sent twice, cut into other pieces the second time; both must be answered alike.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export GOALPOST_FUZZ_INPUTS=${1:-10000000} GOALPOST_FUZZ_SEED=${2:-$(date +%s)}
echo "seed $GOALPOST_FUZZ_SEED"
swift test --configuration release --skip-build --explicit-target-dependency-import-check error --filter FrontTests.WireFuzzTests
