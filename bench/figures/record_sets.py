"""Record sets of 500 doses through the service, beside pgbench writing the same rows."""

import time

from django.utils import timezone

from bench.ground import items, make_lot, sql_of_doses
from bench.pgbench import transactions_per_second
from bench.result import Result, typical
from sites.services.doses import record_doses

SET = 500
ROUNDS = 6


def measure(seconds: int) -> list[Result]:
    lot = make_lot()
    rates = []
    for _ in range(ROUNDS):
        doses = items(lot=lot, count=SET)
        began = time.perf_counter()
        record_doses(items=doses, site=lot.site, now=timezone.now())
        rates.append(SET / (time.perf_counter() - began))
    reference = SET * transactions_per_second(
        sql_of_doses(lot=make_lot(), count=SET), clients=1, seconds=seconds
    )
    return [
        Result(
            "record sets of 500 doses", "doses", typical(rates), "pgbench, one client", reference
        )
    ]
