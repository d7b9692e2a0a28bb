import pytest
from django.core.cache import cache


@pytest.fixture
def signing_keys(settings, tmp_path):
    """A place for signing keys, so that certificates can be issued."""
    settings.SIGNING_KEYS_DIR = str(tmp_path / "keys")
    settings.SIGNING_PASSPHRASE = "mật khẩu của khóa"


@pytest.fixture(autouse=True)
def _nothing_kept():
    """Figures that are kept for a while are of this test alone."""
    cache.clear()
