"""What a service answered, as one word."""

from vaxplatform.errors import DomainError


def refusal(work, *args, **kwargs) -> str:
    try:
        work(*args, **kwargs)
    except DomainError as error:
        return error.code
    return "done"
