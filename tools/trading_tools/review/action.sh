#!/usr/bin/env bash
# What the GitHub Action runs: annotations at the lines, a report as the job's summary, SARIF in a file.
# Everything it is told stands in variables; the exit code is that of the review.
set -euo pipefail

options=(--format github --fail-on "${FAIL_ON:-error}")
if [[ -n "${BASE:-}" ]]; then
    git rev-parse --verify --quiet --end-of-options "${BASE}^{commit}" >/dev/null ||
        git fetch --quiet --depth=1 -- origin "${BASE}" || {
        echo "orc: base: ${BASE@Q} is no commit here, nor of origin; check out with fetch-depth: 0" >&2
        exit 2
    }
    options+=(--diff "${BASE}")
fi
if [[ -n "${WITH:-}" ]]; then
    options+=(--with "${WITH}")
fi
if [[ "${AGENTS:-}" == true ]]; then
    options+=(--agents)
else
    IFS=', ' read -r -a names <<<"${AGENTS:-}"
    for name in "${names[@]}"; do
        options+=(--agent "${name}")
    done
fi
if [[ -n "${MAX_USD:-}" ]]; then
    options+=(--max-usd "${MAX_USD}")
fi
if [[ -n "${GITHUB_STEP_SUMMARY:-}" ]]; then
    options+=(--write "markdown=${GITHUB_STEP_SUMMARY}")
fi
if [[ -n "${SARIF:-}" ]]; then
    options+=(--write "sarif=${SARIF}")
fi
read -r -a paths <<<"${PATHS:-}"
exec orc review "${options[@]}" -- "${paths[@]}"
