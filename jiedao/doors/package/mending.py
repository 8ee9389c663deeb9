"""What to do about a problem (怎样改正): one sentence for each rule a package can break, for who wrote the line."""

from jiedao.doors import words
from jiedao.kit.refusal import Refused

MEND = {
    "file_missing": "write this file; `jiedao package new` shows what the least of it is",
    "file_empty": "fill the file or, where it need not be there, take it away",
    "file_too_large": "split it: lists may stand in a folder lists/, one file each",
    "not_utf8": "save the file as UTF-8",
    "not_yaml": "look for a bracket, a quote or an indent that is not closed at or before this line",
    "not_json": "look for a bracket or a comma at or before this line; one feature stands on one line",
    "alias": "write the value out; & and * are not used here",
    "key_twice": "keep one of the two",
    "schema": "write it as the schema of this file says (jiedao/doors/package/schemas); codes and times need quotes",
    "code_twice": "give one of the two another code",
    "code_outside_parent": "begin the code with that of the area around it, or move the area",
    "too_long": "shorten the code or the name",
    "unknown_unit": "write the code of a unit that stands in units.yaml or comes from a layout",
    "unknown_area": "write the code of an area in areas.yaml",
    "unknown_post": "write the code of a post: <unit>-<kind>, with -1, -2 where there are several",
    "unknown_post_kind": "add the kind to post_kinds, or write one that is there",
    "unknown_layout": "add the layout to units.yaml, or write none",
    "unknown_term": "add the word to this table in terms.yaml, or write one that is there",
    "unknown_scope": "write district or body",
    "unknown_level": "write grid, community, subdistrict, department or district",
    "unknown_category": "add the category to this file, or write one that is there",
    "unknown_law": "write the title as in laws.yaml, or add the law there",
    "unknown_article": "the law has fewer articles; look the article up again",
    "unknown_process": "write one of the known ones",
    "bad_rule": "mend the line of the score rule; docs/scores.md says what a rule may hold",
    "unit_above_itself": "follow `parent` upward from here and cut the circle",
    "nobody_leads": "name a unit, own_subdistrict or own_community as lead",
    "bad_limit": "write a number and hours, working_hours, working_days or calendar_days",
    "limit_without_source": "say where the limit comes from in `source`",
    "not_admitted": "put the item on a list of that level, or let a department lead",
    "in_force_before_published": "move valid_from to the day of publication or later",
    "two_versions_on_one_day": "let the later version begin on a later day",
    "shares_are_no_hundred": "let command and home add up to 100",
    "more_moved_than_approved": "approve at least as many posts as were moved down",
    "link_leads_nowhere": "name an area, a unit or a field",
    "merged_unit_still_stands": "take the old unit out of units.yaml, and let the merger lie after `since`",
    "shape_missing": "draw this area in areas.geojson, with its code as id",
    "shape_broken": "draw the ring again so that it does not cross itself",
    "shape_outside_parent": "pull the border back inside the area around it",
    "shapes_overlap": "let the two areas share a border without covering each other",
    "bad_definition": "mend the line so that the definition stays whole",
    "not_a_district_matter": "change only labels, limits, posts, needs and signatures; the rest is code",
    "no_such_line": "write the path as it stands in the shipped definition",
}


def line(problem: str) -> str:
    """A problem as it was found, and under it what to do."""
    parts = problem.split(": ")
    mend = MEND.get(parts[1].replace(" ", "_"), "") if len(parts) > 1 else ""
    return f"{problem}\n    → {mend}" if mend else problem


def told(refused: Refused) -> str:
    """What an operator reads about a refusal: every problem with its line, else the sentence the pages have too."""
    if refused.rule != "broken_package":
        return words.say(refused, "en").text
    facts = refused.facts
    head = f"{facts['package']}: {facts['count']} problems, nothing was written."
    return "\n".join([head, *(line(problem) for problem in facts["problems"])])
