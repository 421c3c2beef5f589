"""What a check found: counts by kind of violation, with the first few of each spelled out."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

KINDS = (
    "duplicate", "lost", "phantom", "unknown_order", "unresolved", "end_differs", "fill_missing", "fill_extra",
    "no_allow", "allow_not_before", "after_deny", "sent_without_attempt", "sent_undurable", "sent_again", "sent_denied", "sent_while_frozen", "no_deadline", "wrong_answer", "wrong_time", "other_terms", "wrong_id", "chain", "projection", "naive_unresolved",
    "two_venues", "fallback_wrong", "fallback_unwritten", "fallback_uncounted", "switch_late", "switch_lost", "switch_struck",
)  # fmt: skip
"""
duplicate: one intent, two venue orders · lost: accepted, but the bot ended it as if it were not · phantom: the bot believes in
an order or fill the venue does not have · unknown_order: at the venue, not in the bot's files · unresolved: not ended though it has
at the venue, or ended nowhere · end_differs: ended otherwise than at the venue · fill_missing, fill_extra: booked fills are not the
venue's · no_allow: not exactly one durable ALLOW decision · allow_not_before: not earlier in sequence than intent and attempt ·
after_deny: sent though refused · sent_without_attempt, sent_again: attempts against the rule of one send ·
sent_undurable: a request left for which no attempt is written, or with another deadline · sent_denied: a request left, and the journal says that it
did not · sent_while_frozen: while its symbol had an order that is not understood · no_deadline: a request to place or amend named none ·
wrong_answer: each of its attempts is answered as never executed, and the venue has it · wrong_time: an attempt left before it
was written, or was answered before it left · other_terms: the venue's order, an
intent or a fill is not what was decided (instrument, side, type, quantity, price), or an amendment was not allowed · wrong_id: an id of the venue that is another order's · chain: a MAC is wrong,
a sequence number is missing, a row is not of the epoch that writes · projection: a log, or the record of an end, does not say what the journal's rows say · naive_unresolved: only of the control arm ·
two_venues: what was decided once became two orders, over all venues · fallback_wrong: an order went to another venue although its own may
have it, or for no reason that lets it · fallback_unwritten: no note before its intent says instead of which one it is ·
fallback_uncounted: the bot's counters say something else than its journals ·
switch_late: an order of a dead bot works although the time of its switch is over · switch_lost: it works no more,
and neither the switch nor a fill nor the bot ended it · switch_struck: the switch canceled an order of a bot
that lived or had ended in order
"""
MOST_EXAMPLES = 5


@dataclass
class Findings:
    """Counts, examples and what was looked at."""

    looked_at: dict[str, object] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    examples: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, what: str, count: int = 1) -> None:
        """Count a violation; `what` names it for people."""
        assert kind in KINDS, kind
        if count > 0:
            self.counts[kind] += count
            if len(self.examples[kind]) < MOST_EXAMPLES:
                self.examples[kind].append(what)

    def take(self, other: Findings) -> None:
        """Add the violations of another check; what it looked at stays there."""
        self.counts += other.counts
        for kind, texts in other.examples.items():
            self.examples[kind] = (self.examples[kind] + texts)[:MOST_EXAMPLES]

    @property
    def document(self) -> dict[str, object]:
        return {
            "violations": self.counts.total(),
            "counts": {kind: self.counts[kind] for kind in KINDS},
            "looked_at": self.looked_at,
            "examples": dict(self.examples),
        }
