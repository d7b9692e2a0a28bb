"""Statement-level triggers: how an app up the stream follows the rows of one below (docs/adr/0004).

The SQL finds the statement's rows as `new_rows`, `old_rows`, or both, and ends with RETURN NULL.
"""

import pgtrigger


def after_insert(name: str, sql: str) -> pgtrigger.Trigger:
    """Once per INSERT, over `new_rows`."""
    return _after(name, sql, pgtrigger.Insert, pgtrigger.Referencing(new="new_rows"))


def after_update(name: str, sql: str) -> pgtrigger.Trigger:
    """Once per UPDATE, over `old_rows` and `new_rows`."""
    referencing = pgtrigger.Referencing(old="old_rows", new="new_rows")
    return _after(name, sql, pgtrigger.Update, referencing)


def after_delete(name: str, sql: str) -> pgtrigger.Trigger:
    """Once per DELETE, over `old_rows`."""
    return _after(name, sql, pgtrigger.Delete, pgtrigger.Referencing(old="old_rows"))


def _after(
    name: str, sql: str, operation: pgtrigger.Operation, referencing: pgtrigger.Referencing
) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=referencing,
        func=sql,
    )
