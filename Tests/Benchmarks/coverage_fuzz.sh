#!/usr/bin/env bash
# Searches for inputs that end a decoder or make it say something wrong, led by the code that they reach (libFuzzer).
# Usage: Tests/Benchmarks/coverage_fuzz.sh events|challenges|json|segments [MINUTES]
# Builds what it needs in .build-fuzz, starts from the fixtures, and ends with 1 when it has found something, which is
# .build-fuzz/NAME/found-* then, and with 2 when the target does not compile. What reaches new code stays in
# .build-fuzz/NAME/corpus, where the next run starts from.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
name=${1:?which target: events, challenges, json or segments}
if [ ! -f "Tests/Benchmarks/coverage/$name.swift" ]; then
    echo "there is no target '$name': say events, challenges, json or segments" >&2
    exit 2
fi
minutes=${2:-5}
root=$PWD
work=$root/.build-fuzz/$name
mkdir -p "$work/sources" "$work/corpus" "$work/seeds"

rooms=(Goals)
more=()
if [ "$name" = segments ]; then
    rooms=(BlockingLane Disk Zstd EventLog)
    more=(Tests/TestKit/SimulatedDisk.swift Tests/TestKit/SimulatedDisk+Volume.swift
        Tests/TestKit/SimulatedFile.swift Tests/TestKit/SplitMix64.swift)
fi
# One module of all that takes part: its imports of each other go.
rm -f "$work/sources/"*.swift
own=$(IFS='|'; echo "${rooms[*]}")
for room in "${rooms[@]}"; do
    for file in "Sources/$room"/*.swift; do
        sed -E "/^((package|internal|public) )?import ($own)\$/d" "$file" > "$work/sources/$room-$(basename "$file")"
    done
done
for file in ${more[@]+"${more[@]}"} "Tests/Benchmarks/coverage/$name.swift"; do
    sed -E "/^((package|internal|public) )?import ($own)\$/d" "$file" > "$work/sources/more-$(basename "$file")"
done
if ! swiftc -O -wmo -parse-as-library -swift-version 6 -package-name goalpost -module-name CoverageFuzz \
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault \
    -suppress-warnings -sanitize=fuzzer -I Sources/CZstd "$work/sources/"*.swift -o "$work/fuzz"; then
    echo "the target '$name' does not compile, so nothing was searched: what it needs is missing in this script's lists" \
        "of rooms and files, or its own Tests/Benchmarks/coverage/$name.swift is out of date" >&2
    exit 2
fi

rm -f "$work/seeds/"*
case $name in
    segments) cp fixtures/segments/*.zst "$work/seeds/" ;;
    events)
        number=0
        { zstdcat fixtures/demo/events.ndjson.zst || true; } | head -200 | while IFS= read -r line; do
            number=$((number + 1))
            printf '%s' "$line" > "$work/seeds/demo-$number"
        done ;;
    *) cp fixtures/challenges/*.json fixtures/demo/challenges.json "$work/seeds/" ;;
esac
status=0
# Swift's own report of an end would come instead of libFuzzer's, which keeps the input.
SWIFT_BACKTRACE=enable=no nice "$work/fuzz" -max_total_time=$((minutes * 60)) -max_len=8192 -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$work/found-" -print_final_stats=1 -verbosity=1 \
    "$work/corpus" "$work/seeds" > "$work/log" 2>&1 || status=1
grep -E "stat::|Test unit written|ERROR|Fatal" "$work/log" || true
tail -n 1 "$work/log"
exit "$status"
