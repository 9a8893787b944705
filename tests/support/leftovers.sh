# Sourced by tests that count what a run leaves on the machine. $TMPDIR is the run's own, set by the
# test: processes that live in mount namespaces made of directories below it or name it, mounts,
# UNIX sockets, files.

# This shell and its children name the directory too, so they are left out by their session.
processes() {
    local pid
    for pid in /proc/[0-9]*; do
        pid=${pid#/proc/}
        [ "$pid" = $$ ] && continue
        if grep -qsF "$TMPDIR" "/proc/$pid/mountinfo" ||
            tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$TMPDIR"; then
            printf '%s %s\n' "$pid" "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | cut -c1-120)"
        fi
    done
}
mounts() { grep -F "$TMPDIR" /proc/self/mountinfo || true; }
sockets() { grep -F "$TMPDIR" /proc/net/unix || true; }
files() { find "$TMPDIR" -mindepth 1 -maxdepth 2; }

# Waits until `what` prints something (or nothing), at most SECONDS.
until_some() { # SECONDS COMMAND…
    local end=$((SECONDS + $1))
    shift
    while [ -z "$("$@")" ]; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}
until_none() { # SECONDS COMMAND…
    local end=$((SECONDS + $1))
    shift
    while [ -n "$("$@")" ]; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# Says what is left and fails, or says that nothing is.
count_leftovers() { # WHO KINDS…
    local who=$1 kind left=0
    shift
    for kind in "$@"; do
        until_none 15 "$kind" && continue
        printf '%s: %s left after 15 s:\n%s\n' "$who" "$kind" "$("$kind")" >&2
        left=1
    done
    [ "$left" -eq 0 ] && echo "$who: nothing is left of: $*"
    return "$left"
}
