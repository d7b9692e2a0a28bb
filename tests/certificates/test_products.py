"""Every vaccine that sites may give can be named on a certificate."""

import pytest

from certificates.hcert import valuesets
from sites.services.reference import DATA
from vaxplatform.reference import rows_of


@pytest.mark.parametrize("row", list(rows_of(DATA / "vaccines.csv")), ids=lambda row: row["name"])
def test_a_vaccine_of_the_data_file_has_its_codes_in_the_value_sets(row):
    assert valuesets.triple_is_known(row["code"], row["holder_ma"], row["prophylaxis_vp"])
    assert valuesets.products()[row["code"]].active, "read, but no longer issued"
