"""Reading cases and the command board's figures: ready querysets and aggregates."""

from response_center.selectors.cases import (
    SPEAKS_TO_CITIZEN,
    Queue,
    case_by_number,
    case_of_citizen_by_number,
    cases_in_reach,
    cases_of_phone,
    cases_to_follow,
    count_queues,
    in_queue,
    live_cases_of,
    log_for_citizen,
    queues_of,
    sites_named,
    urgent_free_case,
)

__all__ = [
    "SPEAKS_TO_CITIZEN",
    "Queue",
    "case_by_number",
    "case_of_citizen_by_number",
    "cases_in_reach",
    "cases_of_phone",
    "cases_to_follow",
    "count_queues",
    "in_queue",
    "live_cases_of",
    "log_for_citizen",
    "queues_of",
    "sites_named",
    "urgent_free_case",
]
