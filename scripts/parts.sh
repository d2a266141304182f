# Sourced by scripts/run and scripts/test: runs a part, remembers how long it took.
PART_TIMES=()

# part NAME COMMAND...: runs it, returns its status.
part() {
  local name=$1 start=$SECONDS status=0
  shift
  printf '== %s: %s\n' "$name" "$*"
  "$@" || status=$?
  PART_TIMES+=("$(printf '%5d s  %s%s' "$((SECONDS - start))" "$name" "$( ((status)) && echo "  FAILED ($status)")")")
  return "$status"
}

# quiet COMMAND...: shows its output only if it fails.
quiet() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if ((status)); then tail -n 60 "$log"; fi
  rm -f "$log"
  return "$status"
}

times() {
  printf '%s\n' "${PART_TIMES[@]}"
  printf '%5d s  in all\n' "$SECONDS"
}
