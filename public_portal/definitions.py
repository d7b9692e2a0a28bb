"""What each published figure says and does not say: one entry a figure, one page an entry.

Pure data. A figure that is shown anywhere links to its page (`public_portal:definition`); who adds
a figure adds its entry here (docs/how-to-add.md).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from public_portal.selectors import Totals

Unit = Literal["count", "per 100", "percent"]


@dataclass(frozen=True)
class Definition:
    """`value` reads the country's figure of now, where there is one number for it. `column` names
    it in the open data, as "file.column". `over_100` only where the figure can pass 100."""

    slug: str
    title: Promise
    counts: Promise
    formula: Promise
    day: Promise
    place: Promise
    source: Promise
    limits: Promise
    changes: Promise
    over_100: Promise | None = None
    value: Callable[[Totals], int | Decimal | None] | None = None
    unit: Unit = "count"
    column: str = ""
    related: tuple[str, ...] = ()


# ── what several figures have in common ───────────────────────────────────────────────────────
_DAY_GIVEN = _(
    "The day of the injection in Viet Nam, not the day of entry. A dose that is entered later"
    " counts on the day on which it was given."
)
_PLACE_OF_SITE = _("The place of vaccination: the province of the site, wherever the person lives.")
_FROM_RECORDS = _(
    "The records of single doses on this platform: entered at the site, from paper, or sent by"
    " another system."
)
_FROM_REPORTS = _("Daily totals that provinces and paper sites send, without names.")
_FROM_BOTH = _(
    "Daily totals of provinces and paper sites, and the records of single doses on this platform."
)
_RECORDS_CHANGE = _(
    "Doses are entered later from paper, corrected, voided, given to the right person, or two"
    " records of one person are joined. Then the day in the past is counted again, and the change"
    " is in the log of restatements."
)
_REPORTS_CHANGE = _(
    "A province or site may report a day again: the new figure replaces the old one, and the"
    " change is in the log of restatements. Every earlier version is kept."
)
_BOTH_CHANGE = _(
    "Reports are corrected, and doses are entered later, corrected or voided. Both are in the log"
    " of restatements."
)
_ADULTS = _(
    "Adults: people aged 18 and over, the number of August 2021, to be confirmed by the General"
    " Statistics Office."
)
_FROM_BOTH_AND_ADULTS = format_lazy("{} {}", _FROM_BOTH, _ADULTS)
_OVER_100_PEOPLE = _(
    "It can pass 100 %: people under 18 and people who live elsewhere are counted where the dose"
    " was given, and the number of adults is an estimate of August 2021. It is shown as it is,"
    " never cut off."
)
_ONCE = _(
    "Each person counts once in the country, however many doses there are and in whatever order"
    " they were entered: with the earliest dose on record."
)

_ALL = (
    Definition(
        "reported",
        _("Doses reported"),
        _(
            "What provinces and paper sites report for each day, doses still on paper included."
            " Where a province reports its own total for a day, that total counts and not the sum"
            " of its sites."
        ),
        _("Sum of the daily reports that count: of the province, else of its sites."),
        _("The day for which the doses were reported."),
        _PLACE_OF_SITE,
        _FROM_REPORTS,
        _(
            "It does not say who was vaccinated, nor whether a certificate can come. Where nobody"
            " reported, there is no figure; that is not zero."
        ),
        _REPORTS_CHANGE,
        value=lambda totals: totals.reported,
        column="daily.doses_reported",
        related=("recorded", "headline", "unrecorded"),
    ),
    Definition(
        "recorded",
        _("Doses recorded"),
        _(
            "Doses with the record of a person; voided ones are left out. Only these can have a"
            " certificate."
        ),
        _("Number of doses on record that are not voided."),
        _DAY_GIVEN,
        _PLACE_OF_SITE,
        _FROM_RECORDS,
        _(
            "It is not the number of doses given: what is still on paper is missing. It is not the"
            " number of people either, as most people have several doses."
        ),
        _RECORDS_CHANGE,
        value=lambda totals: totals.recorded,
        column="daily.doses_recorded",
        related=("reported", "unrecorded", "certificates"),
    ),
    Definition(
        "headline",
        _("Doses given"),
        _(
            "The reported doses, and the recorded ones that no report is about: those of a day, or"
            " of a site, that nobody reported."
        ),
        _("Doses reported + doses recorded that no report covers."),
        _DAY_GIVEN,
        _PLACE_OF_SITE,
        _FROM_BOTH,
        _("Two kinds of source stand in one sum. For the records alone, take the recorded doses."),
        _BOTH_CHANGE,
        value=lambda totals: totals.doses,
        column="national.total_vaccinations",
        related=("reported", "recorded", "doses", "week"),
    ),
    Definition(
        "doses",
        _("Doses per 100 adults"),
        _(
            "All doses given for each 100 people aged 18 and over. Most vaccines need 2 doses a"
            " person, so the figure can reach 200, and more with boosters."
        ),
        _("100 × doses given ÷ adults of the province"),
        _DAY_GIVEN,
        _PLACE_OF_SITE,
        _FROM_BOTH_AND_ADULTS,
        _(
            "It is no share of people. The portal of 2021 showed this ratio as “share of adults"
            " with at least one dose”; the old interface still gives it under that name."
        ),
        _BOTH_CHANGE,
        over_100=_(
            "It passes 100 as soon as there are more doses than adults; that is no error. It is"
            " shown as it is, never cut off."
        ),
        value=lambda totals: totals.doses_per_100,
        unit="per 100",
        column="provinces.doses_per_100_adults",
        related=("headline", "coverage"),
    ),
    Definition(
        "people",
        _("People with at least one dose"),
        _(
            "First doses as reported; where a day has no report of first doses, people whose first"
            " recorded dose was given that day."
        ),
        _("First doses reported + people with a first dose on record that no report covers."),
        _DAY_GIVEN,
        _PLACE_OF_SITE,
        _FROM_BOTH,
        _(
            "Reports count first doses and not people. Only on record is it certain that nobody is"
            " counted twice."
        ),
        _RECORDS_CHANGE,
        value=lambda totals: totals.people_first,
        column="daily.people_with_first_dose_recorded",
        related=("coverage", "full", "residents"),
    ),
    Definition(
        "coverage",
        _("Share of adults with at least one dose"),
        _("People with at least one dose for each 100 people aged 18 and over."),
        _("100 × people with at least one dose ÷ adults of the province"),
        _DAY_GIVEN,
        _PLACE_OF_SITE,
        _FROM_BOTH_AND_ADULTS,
        _(
            "People under 18 are among the vaccinated but not among the adults, so the true share"
            " of adults is lower. A province to which many come for vaccination stands too high,"
            " the one they come from too low."
        ),
        _BOTH_CHANGE,
        over_100=_OVER_100_PEOPLE,
        value=lambda totals: totals.people_share,
        unit="percent",
        related=("people", "doses", "residents"),
    ),
    Definition(
        "full",
        _("Fully vaccinated"),
        _(
            "People on record with all doses of the primary series of their vaccine: 2 for most, 3"
            " for Abdala, 1 for Janssen. Each person counts once, on the day the series was"
            " complete."
        ),
        _("Number of people whose dose of that day completes the primary series of its vaccine."),
        _DAY_GIVEN,
        _PLACE_OF_SITE,
        _FROM_RECORDS,
        _(
            "Reports do not say who is complete. As long as doses are still on paper, the true"
            " number is higher."
        ),
        _RECORDS_CHANGE,
        over_100=_OVER_100_PEOPLE,
        value=lambda totals: totals.counts["people_full"],
        column="daily.people_fully_vaccinated_recorded",
        related=("people", "boosters"),
    ),
    Definition(
        "boosters",
        _("Booster doses"),
        _(
            "Doses on record that refresh the protection after the primary series. Additional"
            " doses, which complete a series where the immune system is weak, are not among them."
        ),
        _("Number of doses on record that were entered as boosters."),
        _DAY_GIVEN,
        _PLACE_OF_SITE,
        _FROM_RECORDS,
        _(
            "These are doses and not people. A third dose is no booster by its number alone: the"
            " kind was entered by the site."
        ),
        _RECORDS_CHANGE,
        value=lambda totals: totals.counts["boosters"],
        column="daily.boosters_recorded",
        related=("full", "recorded"),
    ),
    Definition(
        "week",
        _("The last 7 days"),
        _("Doses given on the seven full days before today. Today is not over and is left out."),
        _("Sum of the doses given on the seven days to yesterday; the mean divides it by 7."),
        _DAY_GIVEN,
        _PLACE_OF_SITE,
        _FROM_BOTH,
        _("The newest days are incomplete: reports and paper come later, and the sum then rises."),
        _BOTH_CHANGE,
        column="national.daily_vaccinations",
        related=("headline", "reported"),
    ),
    Definition(
        "unrecorded",
        _("Not on record (the backlog)"),
        _(
            "Reported doses less the recorded ones that the reports are about: of the same place,"
            " day and, where the report names one, vaccine. These people have no certificate until"
            " their dose is on record."
        ),
        _("Doses reported − doses recorded that the reports cover; as a share: ÷ doses reported"),
        _DAY_GIVEN,
        _PLACE_OF_SITE,
        _FROM_BOTH,
        _(
            "Below zero, more doses are on record than were reported. A site that reports nothing"
            " has no backlog here, whatever lies on its paper."
        ),
        _BOTH_CHANGE,
        value=lambda totals: totals.unrecorded,
        column="provinces.reported_not_recorded",
        related=("reported", "recorded", "certificates"),
    ),
    Definition(
        "certificates",
        _("Certificates issued"),
        _(
            "Certificates that are in force: one for each dose on record. A new version of the same"
            " certificate replaces the old one and is not counted again."
        ),
        _("Number of doses on record that have a certificate in force."),
        _("The moment of counting, not the day of the injection."),
        _PLACE_OF_SITE,
        _("The register of certificates of this platform."),
        _("It is not the number of people: each dose has a certificate of its own."),
        _(
            "A certificate ends when its dose is voided, and is issued anew when the dose or the"
            " person’s details are corrected."
        ),
        related=("promise", "recorded"),
    ),
    Definition(
        "promise",
        _("Certificates in time"),
        _(
            "Of the doses that were recorded at the site today and whose promised time is over: the"
            " share that had a certificate by then."
        ),
        _("100 × doses with a certificate within the promised time ÷ doses whose time is over"),
        _("Today, by the time of entry."),
        _("The whole country."),
        _("The records of doses and certificates of this platform, at the moment shown."),
        _(
            "Doses entered later from paper have a time of their own, counted from their entry, and"
            " are left out."
        ),
        _("The figure is of today and starts anew each day."),
        unit="percent",
        related=("certificates", "recorded"),
    ),
    Definition(
        "residents",
        _("By place of residence"),
        _("The same doses and people, by the province in which the person lived on that day."),
        _(
            "Number of doses on record, and of people with a first dose and with a complete series,"
            " of those who lived in the province."
        ),
        _DAY_GIVEN,
        _("The place of residence, wherever the dose was given."),
        _FROM_RECORDS,
        _(
            "Reports do not say where people live: only doses on record are counted. Who moved"
            " since counts where they lived then."
        ),
        _RECORDS_CHANGE,
        over_100=_(
            "It can pass 100 % of the adults: people under 18 are counted too, and the number of"
            " adults is an estimate of August 2021. It is shown as it is, never cut off."
        ),
        related=("people", "coverage"),
    ),
    Definition(
        "vaccine",
        _("By vaccine"),
        _("Doses on record by the product that was injected."),
        _("Number of doses on record of the product."),
        _DAY_GIVEN,
        _PLACE_OF_SITE,
        _FROM_RECORDS,
        _("Reports without the name of a vaccine are not in it: only doses on record are."),
        _RECORDS_CHANGE,
        related=("recorded", "supply"),
    ),
    Definition(
        "groups",
        _("By age, sex and kind of dose"),
        _(
            "Doses on record by the person’s age on the day of the dose, by the sex on record, and"
            " by kind: primary, additional, booster."
        ),
        _(
            "Number of doses on record of the group. Of a date of birth without day or month the"
            " earliest is taken. Who is neither male nor female on record is the rest to the sum."
        ),
        _DAY_GIVEN,
        _PLACE_OF_SITE,
        _FROM_RECORDS,
        _("These are doses and not people. Nothing here is published below province level."),
        _RECORDS_CHANGE,
        related=("recorded", "boosters"),
    ),
    Definition(
        "supply",
        _("Supply and use"),
        _("Doses that sites received, and what became of them: used, wasted, left."),
        _("Left = received − used − wasted, summed over the lots of the sites."),
        _("All days to now."),
        _("The province of the site that holds the lot."),
        _("The stock ledgers of the sites on the platform, and the doses on record."),
        _(
            "What lies in central and provincial stores, and at sites on paper, is not in it. Doses"
            " used are those on record."
        ),
        _(
            "Receipts are entered later, and doses are corrected or voided: a voided dose goes back"
            " to its lot."
        ),
        related=("vaccine", "recorded"),
    ),
)
DEFINITIONS: dict[str, Definition] = {each.slug: each for each in _ALL}
