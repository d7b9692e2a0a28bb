"""Which alarms of a place somebody has taken note of."""

import datetime

from response_center.models import AlarmAcknowledgement


def in_hand(
    *, now: datetime.datetime, province_id: int | None = None
) -> dict[str, AlarmAcknowledgement]:
    """The latest acknowledgement that still holds, by alarm. It is of one place: what the country
    took note of is not in hand for a province, nor the other way round."""
    rows = (
        AlarmAcknowledgement.objects.filter(
            holds_until__gt=now, acknowledged_at__lte=now, province=province_id
        )
        .select_related("acknowledged_by")
        .order_by("acknowledged_at")
    )
    return {row.alarm: row for row in rows}
