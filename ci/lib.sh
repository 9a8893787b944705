# Shared by ci/smoke, ci/test and ci/nightly; sourced, not run.

build_directory=build/dev
# What was compiled in one clone is found again in the next.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

build_all() { # [PRESET [TARGET]]
    local preset=${1:-dev} launcher=()
    command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    cmake --preset "$preset" "${launcher[@]}"
    cmake --build "build/$preset" --target "${2:-all}"
}

# All arguments go to ctest. One test more than there are processors: with as many, a third of the
# processor time is left while tests wait for guests, deadlines and each other. Skips are tallied from ctest's own report.
run_ctest() {
    local report=$build_directory/ctest-junit.xml status=0
    ctest --test-dir "$build_directory" --output-on-failure --no-tests=error \
        --parallel "${VTPMLAB_JOBS:-$(($(nproc) + 1))}" --output-junit "$PWD/$report" "$@" || status=$?
    ci/skip_tally "$report" ci/skips.txt || status=$((status ? status : 1))
    return "$status"
}
