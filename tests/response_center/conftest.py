import pytest


@pytest.fixture
def signing_keys(settings, tmp_path):
    """A place for signing keys, so that certificates can be issued."""
    settings.SIGNING_KEYS_DIR = str(tmp_path / "keys")
    settings.SIGNING_PASSPHRASE = "mật khẩu của khóa"
