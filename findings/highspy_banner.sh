#!/usr/bin/env bash
# highspy: creating a solver writes to the process's standard output, before any option can say otherwise.
# Versions seen: highspy 1.16.0 writes two lines, 1.11.0 writes none.
# A program whose standard output is its result (JSON, CSV) has a banner in front of it, although it sets
# output_flag to False as its first act: the lines come from the C library, so sys.stdout does not see them.
# llmcost closes descriptor 1 while it creates a solver.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/new" && "$folder/new/bin/pip" install -q highspy==1.16.0 numpy
python3 -m venv "$folder/old" && "$folder/old/bin/pip" install -q highspy==1.11.0 numpy
cat >"$folder/quiet.py" <<'PY'
import contextlib, io
import highspy
with contextlib.redirect_stdout(io.StringIO()):
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
PY
new=$("$folder/new/bin/python" "$folder/quiet.py")
old=$("$folder/old/bin/python" "$folder/quiet.py")
printf 'highspy 1.16.0:\n%s\nhighspy 1.11.0:\n%s\n' "$new" "$old"
[ "$(printf '%s\n' "$new" | wc -l)" = 2 ] || { echo "1.16.0 no longer writes two lines"; exit 1; }
printf '%s' "$new" | grep -q '^Running HiGHS 1.16.0' || { echo "the first line has changed"; exit 1; }
[ -z "$old" ] || { echo "1.11.0 writes too"; exit 1; }
