"""The set-up of `make run`."""

from vaxplatform.runner import setup_steps


def test_the_translations_are_compiled_before_django_reads_them(monkeypatch):
    """Else a first start speaks English, and sends the SMS of its demo in English."""
    order = []
    monkeypatch.setattr(setup_steps, "compile_messages", lambda: order.append("compile"))
    monkeypatch.setattr(setup_steps.django, "setup", lambda: order.append("setup"))
    monkeypatch.setattr(setup_steps, "STEPS", ())
    assert setup_steps.main() == 0
    assert order == ["compile", "setup"]
