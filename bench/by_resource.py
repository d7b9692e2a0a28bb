"""The same file by django-import-export: `python -m bench.by_resource FILE SITE`.

A resource as that library's documentation shows it, one instance a row. Cells are read and checked
by the readers of our own import, so that both know the same mistakes; what differs is the way to
the database. Prints how many rows came to what, and how many seconds they took without the start.
"""

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaxplatform.settings")
django.setup()

from django.db.models import F  # noqa: E402
from django.utils import timezone  # noqa: E402
from import_export.resources import ModelResource  # noqa: E402
from openpyxl import load_workbook  # noqa: E402
from tablib import Dataset  # noqa: E402

from registration.services.citizens import (  # noqa: E402
    CitizenDetails,
    IdentityDoesNotMatch,
    find_or_create_citizen,
    recognise_citizens,
)
from registration.services.similar import find_similar  # noqa: E402
from sites.imports.headings import find_headings  # noqa: E402
from sites.imports.rows import ReadDose, RowReader  # noqa: E402
from sites.models import Dose, DoseStatus, Lot, Site  # noqa: E402
from sites.rules import GivenDose  # noqa: E402
from sites.services.doses import (  # noqa: E402
    CAMPAIGN_BEGAN_ON,
    DoseItem,
    lot_refusal,
    order_refusal,
)
from sites.services.import_knowledge import known_for  # noqa: E402
from vaxplatform.errors import DomainError  # noqa: E402
from vaxplatform.sheets.reader import _plain  # noqa: E402
from vaxplatform.vietnam import day_in_vietnam  # noqa: E402


class Refused(Exception):
    """The row is not recorded; the text is its outcome."""


class DoseResource(ModelResource):
    """A dose a row; its person found, or made, before the instance is filled."""

    class Meta:
        model = Dose
        fields = ("idempotency_key",)
        import_id_fields = ("idempotency_key",)
        skip_diff = True
        use_transactions = True
        clean_model_instances = False

    def __init__(self, site: Site, headings: list[str]) -> None:
        super().__init__()
        self.site = site
        found = find_headings([(1, list(headings))])
        if found is None:
            raise RuntimeError("the headings are not known")
        self.now = timezone.now()
        self.reader = RowReader(found.columns, known_for(site, on=day_in_vietnam(self.now)))
        self.outcomes: Counter[str] = Counter()
        self.reads: list[ReadDose] = []

    def before_import(self, dataset: Dataset, **_kwargs: Any) -> None:
        """The key by which the library knows a row again is made of what its cells say."""
        for row in dataset:
            self.reads += self.reader.read((1, [_plain(cell) for cell in row]))
        keys = [read.item and str(read.item.idempotency_key) for read in self.reads]
        dataset.append_col(keys, header="idempotency_key")

    def before_import_row(self, row: Any, row_number: int = 1, **_kwargs: Any) -> None:
        row["read"] = self.reads[row_number - 1]

    def skip_row(self, instance: Dose, _original: Dose, row: Any, *_args: Any) -> bool:
        try:
            self._fill(instance, row["read"].item)
        except Refused as refusal:
            self.outcomes[str(refusal)] += 1
            return True
        self.outcomes["recorded"] += 1
        return False

    def after_save_instance(self, instance: Dose, _row: Any, **_kwargs: Any) -> None:
        Lot.objects.filter(pk=instance.lot_id).update(doses_used=F("doses_used") + 1)

    def _fill(self, dose: Dose, item: DoseItem | None) -> None:
        if item is None:
            raise Refused("refused")
        if dose.pk:
            raise Refused("duplicate")
        day = day_in_vietnam(item.administered_at)
        if item.administered_at > self.now or day < CAMPAIGN_BEGAN_ON:
            raise Refused("refused")
        lot = Lot.objects.filter(
            site=self.site, number=item.lot_number, vaccine__code=item.vaccine_code
        ).first()
        if lot is None or lot_refusal(lot=lot, on=day):
            raise Refused("held")
        dose.citizen = self._citizen(item.citizen)
        dose.lot, dose.vaccine_id, dose.site = lot, lot.vaccine_id, self.site
        dose.residence_province_id = dose.citizen.province_id
        for name in ("dose_number", "dose_kind", "administered_at", "vaccinator", "source"):
            setattr(dose, name, getattr(item, name))
        dose.idempotency_key, dose.request_digest = item.idempotency_key, item.digest
        if order_refusal(new=_given(dose), others=self._others(dose)):
            raise Refused("held")

    def _citizen(self, details: Any) -> Any:
        if not isinstance(details, CitizenDetails):
            raise TypeError("a row names its person by details")
        (known,) = recognise_citizens(people=[details])
        if known is None and any(find_similar(people=[details])):
            raise Refused("held")
        try:
            return find_or_create_citizen(details=details)
        except (IdentityDoesNotMatch, DomainError):
            raise Refused("held") from None

    def _others(self, dose: Dose) -> list[GivenDose]:
        others = Dose.objects.filter(citizen=dose.citizen, status=DoseStatus.RECORDED)
        return [_given(other) for other in others]


def _given(dose: Dose) -> GivenDose:
    return GivenDose(
        dose.dose_number, dose.dose_kind, dose.vaccine_id, day_in_vietnam(dose.administered_at)
    )


def _dataset(path: Path) -> Dataset:
    """As the library's XLSX format reads it, but for rows whose last cells are empty, which that
    format refuses."""
    rows = load_workbook(path, read_only=True, data_only=True).active.rows
    headings = [cell.value for cell in next(rows)]
    dataset = Dataset(headers=headings)
    for row in rows:
        values = [cell.value for cell in row]
        dataset.append(values + [None] * (len(headings) - len(values)))
    return dataset


def main(path: Path, site: str) -> None:
    began, cpu = time.perf_counter(), time.process_time()
    dataset = _dataset(path)
    resource = DoseResource(Site.objects.get(code=site), list(dataset.headers))
    result = resource.import_data(dataset, dry_run=False, raise_errors=True)
    said = {
        "rows": result.total_rows,
        "outcomes": resource.outcomes,
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
