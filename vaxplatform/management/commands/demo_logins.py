from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext

from vaxplatform.demo.logins import PHONE, logins


class Command(BaseCommand):
    help = "Print the logins of the demo data."

    def handle(self, *args: Any, **options: Any) -> None:
        for role, username, password in logins():
            self.stdout.write(f"{role:<24} {username:<11} {password}")
        citizen, shown = gettext("Citizen"), gettext("the code comes as an SMS, shown here")
        local = "0" + PHONE.removeprefix("+84")
        self.stdout.write(f"{citizen:<24} {local:<11} {shown}")
