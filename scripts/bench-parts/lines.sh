# Functions that the parts of scripts/bench share; sourced.

# Prints a measured number beside its limit.
#   line NAME VALUE UNIT (at least|at most) LIMIT
line() {
  awk -v name="$1" -v value="$2" -v unit="$3" -v direction="$4" -v limit="$5" 'BEGIN {
    form = value >= 1000 ? "%.0f" : "%.2f"
    kept = (direction == "at least" ? value >= limit : value <= limit) ? "kept" : "SHORT"
    printf "%-88s%-20s%-20s%s\n", name, sprintf(form, value) " " unit, direction " " limit, kept
  }'
}

# Prints a measured number that nothing is promised of, with a peer's where there is one.
#   plain NAME VALUE UNIT [PEER]
plain() {
  awk -v name="$1" -v value="$2" -v unit="$3" -v peer="${4:-}" 'BEGIN {
    printf "%-88s%-20s%s\n", name, sprintf(value >= 1000 ? "%.0f" : "%.2f", value) " " unit, peer
  }'
}

# Runs a command and sets WALL and CPU (user and system, children included), in seconds. Its output goes to a file.
timed() {
  local TIMEFORMAT='%R %U %S' report
  report=$( { time "$@" >"$folder/timed.out" 2>"$folder/timed.err"; } 2>&1 ) || {
    cat "$folder/timed.out" "$folder/timed.err" >&2
    echo "this failed: $*" >&2
    return 1
  }
  read -r WALL user system <<<"$report"
  CPU=$(awk -v a="$user" -v b="$system" 'BEGIN { print a + b }')
}

# Divides, with six digits.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.6f", (b > 0 ? a / b : 0) }'; }

# Makes a scratch folder that goes with the script: $folder.
folder=$(mktemp -d "${TMPDIR:-/tmp}/runs-bench-XXXXXX")
trap 'rm -rf "$folder"' EXIT
