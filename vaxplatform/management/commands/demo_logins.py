from typing import Any

from django.core.management.base import BaseCommand

from vaxplatform.demo.logins import PHONE, logins


class Command(BaseCommand):
    help = "Print the logins of the demo data."

    def handle(self, *args: Any, **options: Any) -> None:
        for role, username, password in logins():
            self.stdout.write(f"{role:<17} {username:<11} {password}")
        local = "0" + PHONE.removeprefix("+84")
        self.stdout.write(f"{'citizen':<17} {local:<11} the code comes as an SMS, shown here")
