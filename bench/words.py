"""The report in words (测量报告): a table for people; below it what misses its goal, and where the time goes."""

from typing import Any

from bench.road import Line, Report


def told(report: Report) -> str:
    """The whole report as text."""
    return "\n".join(
        [*_head(report), "", *_table(report.lines), "", *_reads(report), *_below(report), *_profiles(report)]
    )


def _head(report: Report) -> list[str]:
    of, size = report.machine, report.size
    return [
        f"Road: {size['cases']:,} cases, {of['connections']} connections, {of['workers']} workers, {of['cores']} cores,"
        f" {of['memory_gb']} GB, PostgreSQL {of['postgresql']}, Python {of['python']}",
        f"A flush to this disk takes {of['flush_ms']} ms; load average before the run {of['load_before']}. Each ratio is"
        f" the median of {size['rounds']} rounds of {size['seconds']} s, pgbench before and after each.",
    ]


def _table(lines: list[Line]) -> list[str]:
    rows = [("", "ours/s", "pgbench/s", "ratio", "goal", "", "p50 ms", "p95 ms")]
    for line in lines:
        goal = f">= {line.goal:.2f}" if line.goal else "-"
        holds = "" if not (line.goal or line.goal_p95) else "below" if line.below else "holds"
        rows.append(
            (
                line.name, _median(line.ours), _median(line.pgbench), f"{line.ratio:.3f}", goal, holds,
                f"{line.p50:.1f}", f"{line.p95:.1f}",
            )
        )  # fmt: skip
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return ["  ".join(cell.rjust(w) if n else cell.ljust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True)))
            for row in rows]  # fmt: skip


def _median(values: list[float]) -> str:
    return f"{sorted(values)[len(values) // 2]:,.0f}" if values else "-"


def _reads(report: Report) -> list[str]:
    counts, rows, taken = report.queries["statements"], report.queries["rows"], report.imported
    same = ", ".join(f"{counts[asked]} at {rows[asked]} rows" for asked in counts)
    return [
        f"Statements of a work list, sign-in included: {same}.",
        f"Import: {taken['read']:,} rows in {taken['seconds']:.1f} s, {taken['rows_per_second']:,} rows/s, at most"
        f" {taken['peak_mb']} MB; {taken['bad']:,} bad rows of {taken['bad_kinds']} kinds reported by line and reason;"
        f" COPY of what it wrote: {taken['copy_seconds']} s, ratio {taken['ratio']} (goal {taken['goal']}).",
        "The waits of the work list are those of one program at a time, the others' those of all connections at once.",
    ]


def _below(report: Report) -> list[str]:
    missed = [words for line in report.lines for words in line.below]
    return ["", *(f"BELOW ITS GOAL  {words}" for words in missed)] if missed else ["", "Every goal holds."]


def _profiles(report: Report) -> list[str]:
    """What a request costs in processor time, which other programs hardly change, and whose it is."""
    found = [""]
    for line in report.lines:
        if line.profile:
            found.append(f"{line.name}: {_profile(line.profile)}")
    return found


def _profile(of: dict[str, Any]) -> str:
    shares = ", ".join(f"{name} {share:.0f} %" for name, share in of["shares"].items())
    return (
        f"{of['statements']:.0f} statements, {of['ours_ms']:.2f} ms of processor ours and {of['server_ms']:.2f} ms the"
        f" server's; of ours: {shares}"
    )
