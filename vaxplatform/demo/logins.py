"""Who can sign in to the demo. The password is known to all: the demo runs on this machine only."""

from django.utils.translation import gettext_lazy as _

PASSWORD = "thu-nghiem-2021"  # noqa: S105
SITE_CODE = "01-001"
PAPER_SITE_CODE = "01-002"
PROVINCE_CODE = "01"
PHONE = "+84900000001"

ROLES = {
    "site_recorder": _("Site recorder"),
    "site_doctor": _("Site doctor"),
    "site_manager": _("Site manager"),
    "district_officer": _("District officer"),
    "province_officer": _("Province officer"),
    "national_officer": _("National officer"),
    "agent": _("Response centre agent"),
    "auditor": _("Auditor"),
    "admin": _("Administrator"),
}
# user name → (role, name, where it holds: a site, its district, a province, the nation)
STAFF = {
    "tiepdon": ("site_recorder", "Lê Thị Mai", "site"),
    "bacsi": ("site_doctor", "Nguyễn Quang Dũng", "site"),
    "truongdiem": ("site_manager", "Phạm Thu Hà", "site"),
    "trungtamhuyen": ("district_officer", "Đặng Thị Thanh", "district"),
    "sohanoi": ("province_officer", "Trần Minh Khánh", "province"),
    "boyte": ("national_officer", "Đỗ Hồng Phong", "nation"),
    "dapung": ("agent", "Vũ Thanh Loan", "nation"),
    "dapung2": ("agent", "Ngô Kim Chi", "nation"),
    "kiemtoan": ("auditor", "Hoàng Đức Lâm", "nation"),
    "quantri": ("admin", "Bùi Ngọc Sơn", "nation"),
}


def logins() -> list[tuple[str, str, str]]:
    """(role in words, user name, password) of every staff login of the demo."""
    return [
        (str(ROLES[role]), username, PASSWORD) for username, (role, _name, _where) in STAFF.items()
    ]
