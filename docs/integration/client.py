"""Push a CSV of doses to the platform and collect their certificates. Standard library only.

    VAX_TOKEN=… python client.py doses.csv --server http://localhost:8000

Columns: those of ITEM and CITIZEN below. Safe to stop at any moment, and to run again: what was
answered stands in `doses.csv.sqlite3`, what was not is sent again under the same key. Rows that
were not recorded are written, with the reason, to `doses.csv.mend.csv`: mend them and push that.
"""

import argparse
import csv
import datetime
import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from http.client import HTTPException

CITIZEN = """full_name date_of_birth sex phone id_type id_number health_insurance_number
    province_code ward_code address""".split()
ITEM = "dose_number dose_kind vaccine lot_number administered_at vaccinator source".split()
OURS = uuid.UUID("5b1f0f7e-3f0c-4c8e-9a53-3d0c9e1a7c42")  # make one of your own: uuid.uuid4()
COME_BACK = (429, 500, 502, 503, 504)  # statuses after which the same request may succeed
ATTEMPTS = 8
TABLES = """
    CREATE TABLE IF NOT EXISTS row (
        key TEXT PRIMARY KEY, line INTEGER, status TEXT, dose_id TEXT, why TEXT);
    CREATE TABLE IF NOT EXISTS certificate (
        dose_id TEXT PRIMARY KEY, status TEXT, uvci TEXT, hcert TEXT);
    CREATE TABLE IF NOT EXISTS place (cursor INTEGER);
"""
MISSING = """
    SELECT dose_id FROM row WHERE dose_id IS NOT NULL
       AND dose_id NOT IN (SELECT dose_id FROM certificate)
"""


class Server:
    def __init__(self, address, token):
        self.address = address.rstrip("/")
        self.headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        self.headers["Accept-Language"] = "vi"  # of the sentences; codes know no language

    def ask(self, path, body=None):
        """Status and JSON. Tries again for as long as that can help: with the same body, so with
        the same idempotency keys, which is what makes trying again safe."""
        for attempt in range(ATTEMPTS):
            status, answer, pause = self._ask_once(path, body)
            if status not in COME_BACK:
                return status, answer
            print(f"the server cannot answer now ({status}); once more", file=sys.stderr)
            time.sleep(pause or min(2**attempt, 60))
        sys.exit("the server did not answer; run this again later")

    def _ask_once(self, path, body):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/api/v1/{path}", data, self.headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.load(response), 0
        except urllib.error.HTTPError as error:
            pause, text = error.headers.get("Retry-After", ""), error.read().decode()
            try:
                return error.code, json.loads(text), int(pause) if pause.isdecimal() else 0
            except ValueError:  # a proxy's page
                return error.code, {"detail": text[:200]}, 0
        except (OSError, HTTPException, ValueError):  # no answer, or half of one
            return 503, {}, 0


def item_of(row):
    """What the API takes; the key is made of the row, so it is the same in every run."""
    cells = {name: " ".join((row.get(name) or "").split()) for name in (*CITIZEN, *ITEM)}
    item = {name: cells[name] for name in ITEM if cells[name]}
    item["citizen"] = {name: cells[name] for name in CITIZEN if cells[name]}
    if cells["dose_number"].isdecimal():
        item["dose_number"] = int(cells["dose_number"])
    item["administered_at"] = with_offset(cells["administered_at"])
    key = uuid.uuid5(OURS, json.dumps(item, sort_keys=True, ensure_ascii=False))
    return {"idempotency_key": str(key), **item}


def with_offset(text):
    """`06/11/2021 10:02` by the clock in Viet Nam as ISO 8601; the server judges all else."""
    try:
        return datetime.datetime.strptime(f"{text} +0700", "%d/%m/%Y %H:%M %z").isoformat()
    except ValueError:
        return text


def rows_of(path):
    """Line and cells of each row that holds anything; utf-8-sig takes Excel's mark away."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        for row in reader:
            if any(isinstance(cell, str) and cell.strip() for cell in row.values()):
                yield reader.line_num, row


def push(server, store, path, size):
    """Send what has no answer yet, in sets, and keep each set's answers before the next."""
    done = {key for (key,) in store.execute("SELECT key FROM row WHERE dose_id IS NOT NULL")}
    waiting = {}
    for line, row in rows_of(path):
        item = item_of(row)
        if item["idempotency_key"] not in done:
            waiting.setdefault(item["idempotency_key"], (line, item))
    waiting = list(waiting.values())
    for start in range(0, len(waiting), size):
        part = waiting[start : start + size]
        status, answers = server.ask("doses/", [item for _line, item in part])
        if status != 207:
            sys.exit(f"{status}: {json.dumps(answers, ensure_ascii=False)}")
        with store:  # one transaction: all of the set, or nothing
            for (line, item), answer in zip(part, answers, strict=True):
                keep(store, line, item["idempotency_key"], answer)


def keep(store, line, key, answer):
    """`recorded` and `duplicate` are done; `refused` and `invalid` need a person."""
    why = answer.get("detail") or json.dumps(answer.get("errors", ""), ensure_ascii=False)
    done = answer["status"] in ("recorded", "duplicate")
    status = answer.get("code") or answer["status"]
    values = (key, line, status, answer.get("dose_id"), "" if done else why)
    store.execute("REPLACE INTO row VALUES (?, ?, ?, ?, ?)", values)


def collect(server, store, seconds):
    """Follow the changes of the site until no certificate is missing, or the time is over."""
    until = time.monotonic() + seconds
    while True:
        more = read_changes(server, store)
        if not more and (time.monotonic() >= until or not missing(store)):
            return
        time.sleep(0 if more else 1)  # 15 is often enough where nobody waits at a screen


def read_changes(server, store):
    """One page; whether there is more. The cursor is kept in the transaction of what it covers."""
    found = store.execute("SELECT cursor FROM place").fetchone()
    after = f"&after={found[0]}" if found else ""
    status, page = server.ask(f"certificates/changes/?limit=500{after}")
    if status == 410:  # we slept for months: ask for each dose, and begin anew
        doses = [server.ask(f"doses/{dose_id}/")[1] for dose_id in missing(store)]
        page = {"changes": [dose for dose in doses if dose.get("certificate")], "more": True}
    elif status != 200:
        sys.exit(f"{status}: {json.dumps(page, ensure_ascii=False)}")
    with store:
        for change in page["changes"]:  # in their order: the last word about a dose stays
            said = change["certificate"]
            values = (change["dose_id"], said["status"], said["uvci"], said["hcert"])
            store.execute("REPLACE INTO certificate VALUES (?, ?, ?, ?)", values)
        store.execute("DELETE FROM place")
        if "cursor" in page:
            store.execute("INSERT INTO place VALUES (?)", (page["cursor"],))
    return page["more"]


def missing(store):
    """The doses on record whose certificate is not here."""
    return [dose_id for (dose_id,) in store.execute(MISSING)]


def write_rows_to_mend(store, path, target):
    why = dict(store.execute("SELECT key, why FROM row WHERE why <> ''").fetchall())
    with open(target, "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, (*CITIZEN, *ITEM, "why"), extrasaction="ignore")
        writer.writeheader()
        for _line, row in rows_of(path):
            if reason := why.get(item_of(row)["idempotency_key"]):
                writer.writerow({**row, "why": reason})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--server", required=True)
    parser.add_argument("--set", type=int, default=500, help="doses in a request, 1 to 1,000")
    parser.add_argument("--wait", type=float, default=0, help="seconds to wait for certificates")
    given = parser.parse_args()
    server = Server(given.server, os.environ["VAX_TOKEN"])
    store = sqlite3.connect(f"{given.file}.sqlite3")
    store.executescript(TABLES)
    push(server, store, given.file, given.set)
    collect(server, store, given.wait)
    write_rows_to_mend(store, given.file, f"{given.file}.mend.csv")
    counts = Counter(status for (status,) in store.execute("SELECT status FROM row"))
    print(json.dumps({**counts, "without certificate": len(missing(store))}))


if __name__ == "__main__":
    main()
