"""Questions and answers of the help pages: what people ask at sites and on the telephone.

An answer promises only what the platform does or what a setting says; {names} in it are filled
with the settings (`filled`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vaxplatform import formatting

Text = str | Promise


@dataclass(frozen=True)
class Question:
    """`key` is the anchor; `answer` holds paragraphs; `url` and `action` are the next step."""

    key: str
    asked: Text
    answer: tuple[Text, ...]
    url: str = ""
    action: Text = ""


@dataclass(frozen=True)
class Topic:
    key: str
    title: Text
    questions: tuple[Question, ...]


CERTIFICATES = Topic(
    "certificates",
    _("Doses and certificates"),
    (
        Question(
            "when",
            _("When does my certificate come?"),
            (
                _(
                    "Between {earliest} and {latest} minutes after the injection, by itself. The "
                    "health book shows the time by which it comes."
                ),
                _(
                    "Where a site works on paper, it comes soon after the site has entered your "
                    "dose. The health book then shows when that is expected."
                ),
            ),
            "/account/",
            _("Open the health book"),
        ),
        Question(
            "missing",
            _("I was vaccinated. Why is there no dose or no certificate?"),
            (
                _(
                    "Most often the dose is still on paper at the site, or it was entered with "
                    "another spelling of your name, another date of birth or another number."
                ),
                _(
                    "We look that up for you at once. If nothing is found, one more press sends a "
                    "report to the site that vaccinated you."
                ),
            ),
            "/support/",
            _("Find out why"),
        ),
        Question(
            "wrong",
            _("My name, my date of birth or a dose is wrong."),
            (
                _(
                    "Report it and add a photo of the paper from the site. Two people decide on "
                    "each correction, and a corrected certificate takes the place of the old one."
                ),
            ),
            "/support/",
            _("Report a problem"),
        ),
        Question(
            "valid",
            _("How long is a certificate valid?"),
            (
                _(
                    "A certificate ends 12 months after it is made. A new one is made by itself "
                    "before that; you need not ask for it."
                ),
            ),
        ),
        Question(
            "offline",
            _("Can I show it without a network, or on paper?"),
            (
                _(
                    "Yes. Print the PDF or keep the certificate on your phone: its code can be "
                    "checked without a network."
                ),
            ),
            "/wallet/",
            _("Certificates on this phone"),
        ),
        Question(
            "colors",
            _("What do the yellow and the green card mean?"),
            (
                _(
                    "Yellow: the series has begun. Green: every dose of the series of that vaccine "
                    "is on record. Additional doses and boosters do not change the colour."
                ),
            ),
        ),
    ),
)

SIGNING_IN = Topic(
    "signing-in",
    _("Phone, code and household"),
    (
        Question(
            "no-code",
            _("The code does not come."),
            (
                _(
                    "Check the number and wait a minute; then you can ask for another one. A phone "
                    "gets five codes a day at most, and only the newest one works."
                ),
                _("Whether codes are being sent just now stands on the status page."),
            ),
            "/status/",
            _("What works now"),
        ),
        Question(
            "no-phone",
            _("My parents have no phone of their own."),
            (
                _(
                    "One phone number holds the doses of the whole household. Sign in with yours "
                    "and add them; every person has a card and certificates of their own."
                ),
            ),
            "/account/",
            _("Open the health book"),
        ),
        Question(
            "new-phone",
            _("I have a new phone number."),
            (
                _(
                    "Sign in with the new number and add yourself with the details from the site. "
                    "Where they do not prove enough, the response centre helps: report it and name "
                    "the old number."
                ),
            ),
            "/support/",
            _("Report a problem"),
        ),
        Question(
            "links",
            _("I got a message with a link. Is it from you?"),
            (
                _(
                    "No. Our SMS never hold a link and never ask for a code, a password or money. "
                    "Do not open it, and give your code to nobody, not even to staff."
                ),
            ),
        ),
    ),
)

SHOTS = Topic(
    "shots",
    _("Registering and the day of the shot"),
    (
        Question(
            "change",
            _("How do I change or cancel a registration?"),
            (
                _(
                    "Open the registration in the health book. You can cancel it there until the "
                    "site has given you an appointment, and register again."
                ),
            ),
            "/account/",
            _("Open the health book"),
        ),
        Question(
            "bring",
            _("What do I bring?"),
            (
                _(
                    "Your identity paper and, if you have it, the check-in code from the health "
                    "book, on the phone or printed. Without the code the site finds you by name "
                    "and date of birth."
                ),
            ),
        ),
        Question(
            "unwell",
            _("I feel unwell after the shot."),
            (
                _(
                    "Trouble breathing, a swollen face or throat, fainting, chest pain: call 115 "
                    "at once or go to the nearest hospital."
                ),
                _(
                    "Fever, a sore arm and tiredness are common and pass within days. Tell the "
                    "site that vaccinated you if they last or get worse."
                ),
            ),
        ),
    ),
)

TOPICS = (CERTIFICATES, SIGNING_IN, SHOTS)


def filled(text: Text) -> str:
    """The sentence in the active language with the settings' figures in it."""
    return str(text).format(
        earliest=formatting.number(settings.CERTIFICATE_DELAY_SECONDS // 60),
        latest=formatting.number(settings.CERTIFICATE_DEADLINE_SECONDS // 60),
    )


def topics() -> list[Mapping[str, object]]:
    """Every topic as the page shows it, in the active language."""
    return [
        {
            "key": topic.key,
            "title": topic.title,
            "questions": [
                {
                    "key": question.key,
                    "asked": question.asked,
                    "answer": [filled(part) for part in question.answer],
                    "url": question.url,
                    "action": question.action,
                }
                for question in topic.questions
            ],
        }
        for topic in TOPICS
    ]
