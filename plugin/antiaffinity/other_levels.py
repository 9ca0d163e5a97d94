"""Rules that a cloud keeps at another level than the one that they name: never without a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from antiaffinity.model import Finding, Level
from antiaffinity.planner.mechanism import Means
from antiaffinity.policy import Affinity
from antiaffinity.sight import Sight


def findings(seen: Sight) -> Iterator[Finding]:
    """One for each rule and cloud; a note where it keeps what is asked, a warning where it asks for more."""
    for cloud, found in seen.means.items():
        for means in found:
            if means.implied:
                yield _finding(means, cloud, seen.topologies[cloud].word)


def _finding(means: Means, cloud: str, word: Callable[[Level], str]) -> Finding:
    rule, promise = means.rule, means.promise
    assert promise is not None
    where = f"{promise.level} ({promise.mechanism or word(promise.level)})"
    said = f"{rule}: no {rule.level} is told here, so it is kept at {where} instead"
    if isinstance(rule, Affinity):
        more = f"{said}: all of them in one {promise.level}, which fails as a whole"
        return Finding("other-level", more, domain=cloud, severity="warning")
    if promise.evidence == "NONE":
        less = f"{said}: whether two of these share a {rule.level} is not told, so it is unproven"
        return Finding("other-level", less, domain=cloud, severity="strict")
    return Finding("other-level", f"{said}: apart there is apart inside it", domain=cloud)
