# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""What a run's report in JSON answers to a question that was saved as a probe."""

import re


def counted(report, probe, labels):
    """Operations, events, rows or stacks of a probe's metrics whose text matches `labels`, a regular
    expression; of stacks `LABEL=VALUE`, or `.` for all of them. Of a probe called q_sum... what its
    counters sum up."""
    def found(kind):
        return [one for one in report.get(kind) or []
                if one["metric"].startswith(f"{probe}.") and re.search(labels, one["metric"])]

    def stacks(one):
        if labels == ".":
            return one["total"]
        wanted = dict([labels.split("=")])
        return sum(most["count"] for most in one["most"] if most["labels"] == wanted)

    value = "sum" if probe.startswith("q_sum") else "count"
    return (sum(one["count"] for one in found("metrics"))
            + sum(one[value] for one in found("counters"))
            + sum(len(one["rows"]) + one["dropped"] for one in found("events"))
            + sum(stacks(one) for one in report.get("stacks") or []
                  if one["metric"].startswith(f"{probe}.")))
