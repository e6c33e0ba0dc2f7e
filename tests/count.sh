# SPDX-License-Identifier: Apache-2.0
# count.sh: results of the various kinds of suites, as one line.
#
# A fragment for POSIX shells: ". tests/count.sh".  Each function reads what a
# suite printed from standard input, and prints
#
#     N passed, N failed, N skipped
#
# which is what tests/run wants as the last line of every suite.  Output that
# holds no result at all gives "0 passed, 0 failed, 0 skipped", which tests/run
# takes for a failure.

# CUnit, basic mode: the "tests" line of each run summary.
count_cunit() {
    awk '$1 == "tests" && NF == 6 && $2 + 0 == $2 {
             p += $4; f += $5; s += $2 - $4 - $5
         }
         END {
             printf "%d passed, %d failed, %d skipped\n", p, f, s
         }'
}

# Autotest: what a testsuite prints, "  7: name   ok".  A group that was under
# way when the suite was killed has no result; then the title of the summary is
# missing too, which counts as one failure.
count_autotest() {
    awk '/^ *[0-9]+: .* ok *(\([^)]*\))?$/             { p++ }
         /^ *[0-9]+: .* expected failure( |$)/         { p++ }
         /^ *[0-9]+: .* skipped( |$)/                  { s++ }
         /^ *[0-9]+: .* (FAILED|UNEXPECTED PASS)( |$)/ { f++ }
         /^## Test results\. ##/                       { end = 1 }
         END {
             if (p + f + s && !end) {
                 f++
             }
             printf "%d passed, %d failed, %d skipped\n", p, f, s
         }'
}

# TAP (testanything.org), of one program or several, one after another.  A
# plan that is not fulfilled, and "Bail out!", count as failures.  Where several
# programs follow each other a plan should come first, or results of the next
# one may fulfil it.
count_tap() {
    awk 'function settle() {
             if (plan != "" && seen < plan) {
                 f += plan - seen
             }
             plan = ""
             seen = 0
         }
         /^1\.\.[0-9]+/ {
             if (plan != "") {
                 settle()
             }
             plan = substr($1, 4) + 0
             # A plan may stand before or behind the results.
             if (seen >= plan) {
                 settle()
             }
         }
         /^ok( |$)/ {
             seen++
             if (tolower($0) ~ /# *skip/) { s++ } else { p++ }
         }
         /^not ok( |$)/ { seen++; f++ }
         /^Bail out!/     { f++ }
         END {
             settle()
             printf "%d passed, %d failed, %d skipped\n", p, f, s
         }'
}

# Adds up all lines of that form, for suites that are made of suites.
count_lines() {
    awk '/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {
             p += $1; f += $3; s += $5
         }
         END { printf "%d passed, %d failed, %d skipped\n", p, f, s }'
}
