"""Reasons in words (理由): what the list of who could go says of each, in both languages. Shown for one case, kept nowhere."""

from dataclasses import dataclass, field
from typing import Any

WORDS: dict[str, tuple[str, str]] = {
    "distance": ("{metres} 米，约 {minutes} 分钟", "{metres} m, about {minutes} min"),
    "free": ("空闲", "Free"),
    "busy": ("处置中，手上 {load} 件", "At work on {load}"),
    "position": ("位置 {seconds} 秒前", "Seen {seconds} s ago"),
    "ordered": ("本队已有派单", "The squad has an order on it"),
    "listed": ("有此权限：清单列明 {unit}", "May act: the list names {unit}"),
    "home": ("有此权限：由 {unit} 派驻", "May act: sent by {unit}"),
    "admitted": ("有此权限：事项已准入本级", "May act: the item is admitted here"),
    "certificate": ("{kind}有效", "{kind} is valid"),
    "shift_end": ("{minutes} 分钟后下班", "Off duty in {minutes} min"),
    # why somebody is not offered
    "stale": ("位置已 {minutes} 分钟，不参与", "Position is {minutes} min old: not offered"),
    "no_position": ("没有共享位置，不参与", "Shares no position: not offered"),
    "paused": ("休息中", "Resting"),
    "over": ("已到下班时间", "The shift is over by the roster"),
    "no_item": ("案件还没有归类，不知谁有权限", "The case has no duty item yet: nobody knows who may act"),
    "reported": ("被反映单位的人", "Of the unit the case is about"),
    "barred": ("负面清单“{list}”不许派给本级", "Kept out by the negative list “{list}”"),
    "not_listed": ("没有此事项的权限", "May not act on this item"),
    "no_certificate": ("没有有效{kind}", "No valid {kind}"),
    "asked": ("已派，等答复", "Was asked already"),
}


@dataclass(frozen=True)
class Reason:
    """One reason by its code, with its facts."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> dict[str, str]:
        """`{"zh": …, "en": …}`; English names of units where there are any."""
        zh, en = WORDS[self.code]
        english = {name: self.facts.get(f"{name}_en") or fact for name, fact in self.facts.items()}
        return {"zh": zh.format(**self.facts), "en": en.format(**english)}
