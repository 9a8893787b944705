# Shared by the scripts of ci/; sourced, not run.

build_directory=build/dev
# What was compiled in one clone is found again in the next.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

build_all() { # [PRESET [TARGET]]
    local preset=${1:-dev} launcher=()
    command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    cmake --preset "$preset" "${launcher[@]}"
    cmake --build "build/$preset" --target "${2:-all}"
}

# The lines of the files on standard input (a NUL after each) that match. grep looks in batches, most
# of which hold nothing (1), so only a file that cannot be read is a failure.
lines_that_match() { # PATTERN
    xargs -0 sh -c 'grep -nHE "$@" || [ $? -eq 1 ]' grep "$1" --
}

# All arguments go to ctest. One test more than there are processors: with as many, a third of the
# processor time is left while tests wait for guests, deadlines and each other. Skips are tallied
# from ctest's own report.
run_ctest() {
    local report=$build_directory/ctest-junit.xml status=0 runs=() begun
    begun=$(mktemp)
    ctest --test-dir "$build_directory" --output-on-failure --no-tests=error \
        --parallel "${VTPMLAB_JOBS:-$(($(nproc) + 1))}" --output-junit "$PWD/$report" "$@" || status=$?
    # Reports of earlier runs are not this one's.
    [ ! -d "$build_directory/scenario-results" ] ||
        mapfile -d '' runs < <(find "$build_directory/scenario-results" -name junit.xml -newer "$begun" -print0)
    rm "$begun"
    ci/skip_tally "$report" ci/skips.txt "${runs[@]}" || status=$((status ? status : 1))
    return "$status"
}
