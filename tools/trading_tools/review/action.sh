#!/usr/bin/env bash
# What the GitHub Action runs: annotations at the lines, a report as the job's summary, SARIF in a file.
# Everything it is told stands in variables; the exit code is that of the first review.
set -euo pipefail

options=()
if [[ -n "${BASE:-}" ]]; then
    git rev-parse --verify --quiet --end-of-options "${BASE}^{commit}" >/dev/null ||
        git fetch --quiet --depth=1 -- origin "${BASE}"
    options+=("--diff" "${BASE}")
fi
if [[ -n "${WITH:-}" ]]; then
    options+=("--with" "${WITH}")
fi
read -r -a paths <<<"${PATHS:-}"

code=0
orc review "${options[@]}" --format github --fail-on "${FAIL_ON:-error}" -- "${paths[@]}" || code=$?
if [[ $code -gt 1 ]]; then
    exit "$code"
fi
if [[ -n "${GITHUB_STEP_SUMMARY:-}" ]]; then
    orc review "${options[@]}" --format markdown --fail-on never -- "${paths[@]}" >>"${GITHUB_STEP_SUMMARY}"
fi
if [[ -n "${SARIF:-}" ]]; then
    orc review "${options[@]}" --format sarif --fail-on never -- "${paths[@]}" >"${SARIF}"
fi
exit "$code"
