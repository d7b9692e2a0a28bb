"""GET /api/v1/statistics/…: the published figures as JSON, for everybody, without a key."""

from typing import Any

from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from public_portal import selectors
from public_portal.caching import MAX_AGE_SECONDS
from public_portal.exceptions import ProvinceUnknown
from registration.models import AdministrativeUnit

SCHEMES = {"2021": 2021, "2025": 2025}


class TotalsSerializer(serializers.Serializer[selectors.Totals]):
    """Sums over all days. `doses` and `people_at_least_one_dose` take the reported figure of a
    province's day where there is a report, else the recorded one."""

    doses = serializers.IntegerField()
    doses_reported = serializers.IntegerField(source="reported")
    doses_recorded = serializers.IntegerField(source="recorded")
    doses_reported_not_recorded = serializers.IntegerField(source="unrecorded")
    people_at_least_one_dose = serializers.IntegerField(source="people_first")
    people_at_least_one_dose_recorded = serializers.IntegerField(source="counts.people_first")
    people_fully_vaccinated_recorded = serializers.IntegerField(source="counts.people_full")
    boosters_recorded = serializers.IntegerField(source="counts.boosters")
    adults = serializers.IntegerField(allow_null=True)
    doses_per_100_adults = serializers.SerializerMethodField()
    people_at_least_one_dose_per_100_adults = serializers.SerializerMethodField()

    def get_doses_per_100_adults(self, totals: selectors.Totals) -> float | None:
        return _rounded(totals.doses_per_100)

    def get_people_at_least_one_dose_per_100_adults(self, totals: selectors.Totals) -> float | None:
        return _rounded(totals.people_share)


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 2)


class SummarySerializer(TotalsSerializer):
    reported_to = serializers.DateField(allow_null=True)
    recorded_to = serializers.DateField(allow_null=True)
    counted_at = serializers.DateTimeField(allow_null=True)


class ProvinceSerializer(TotalsSerializer):
    code = serializers.CharField()
    name = serializers.CharField()
    made_of = serializers.ListField(
        child=serializers.CharField(), help_text="The provinces of 2021 it was made of."
    )


class ProvinceListSerializer(serializers.Serializer[Any]):
    units = serializers.ChoiceField(choices=list(SCHEMES.values()))
    results = ProvinceSerializer(many=True)


class DaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField(source="day")
    doses = serializers.IntegerField()
    doses_reported = serializers.IntegerField(source="reported")
    doses_recorded = serializers.IntegerField(source="recorded")
    people_first_dose = serializers.IntegerField(source="people_first")
    people_fully_vaccinated_recorded = serializers.IntegerField(source="people_full")
    boosters_recorded = serializers.IntegerField(source="boosters")


class DailySerializer(serializers.Serializer[Any]):
    units = serializers.ChoiceField(choices=list(SCHEMES.values()))
    province = serializers.CharField(allow_null=True)
    results = DaySerializer(many=True)


class UnitsQuery(serializers.Serializer[Any]):
    """`units`: the reform whose provinces are meant."""

    units = serializers.ChoiceField(
        choices=list(SCHEMES),
        default="2021",
        error_messages={"invalid_choice": _("Write 2021 for the 63 provinces or 2025 for the 34.")},
    )


_DAY_WORDS: dict[str, Any] = {"invalid": _("Write the day as 2021-11-06.")}


class DailyQuery(UnitsQuery):
    province = serializers.CharField(required=False, max_length=5)

    def get_fields(self) -> dict[str, Any]:
        """With "from" and "to", of which one is a word of Python."""
        return {
            **super().get_fields(),
            "from": serializers.DateField(required=False, error_messages=_DAY_WORDS),
            "to": serializers.DateField(required=False, error_messages=_DAY_WORDS),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        first, last = attrs.get("from"), attrs.get("to")
        if first and last and first > last:
            raise serializers.ValidationError({"to": [_("“to” lies before “from”.")]})
        return attrs


class StatisticsView(APIView):
    """Open to everybody; an answer may be kept for a minute."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(*args, **kwargs)
        if response.status_code == 200:
            patch_cache_control(response, public=True, max_age=MAX_AGE_SECONDS)
        return response

    def read_query(self, request: Request, serializer: type[UnitsQuery]) -> dict[str, Any]:
        query = serializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        read: dict[str, Any] = query.validated_data
        return {**read, "units": SCHEMES[read["units"]]}


class SummaryView(StatisticsView):
    @extend_schema(
        summary="The country's headline figures", responses=SummarySerializer, tags=["statistics"]
    )
    def get(self, request: Request) -> Response:
        span, version = selectors.span(), selectors.statistics_version()
        return Response(
            {
                **TotalsSerializer(selectors.country_totals()).data,
                "reported_to": span.reported_to,
                "recorded_to": span.recorded_to,
                "counted_at": version.counted_at,
            }
        )


class ProvincesView(StatisticsView):
    @extend_schema(
        summary="The figures by province",
        description="The 34 provinces of 2025 add up their predecessors of 2021.",
        parameters=[UnitsQuery],
        responses=ProvinceListSerializer,
        tags=["statistics"],
    )
    def get(self, request: Request) -> Response:
        units = self.read_query(request, UnitsQuery)["units"]
        results = [
            {
                "code": row.code,
                "name": row.name,
                "made_of": row.parts,
                **TotalsSerializer(row.totals).data,
            }
            for row in sorted(selectors.unit_totals(units=units), key=lambda row: row.code)
        ]
        return Response({"units": units, "results": results})


class DailyView(StatisticsView):
    @extend_schema(
        summary="The figures by day",
        description="Days without a figure are left out. Both bounds are included.",
        parameters=[
            UnitsQuery,
            OpenApiParameter("province", str, description="Code; the country when left out."),
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Last day."),
        ],
        responses=DailySerializer,
        tags=["statistics"],
    )
    def get(self, request: Request) -> Response:
        query = self.read_query(request, DailyQuery)
        province = self._province(query)
        days = selectors.daily(province=province, first=query.get("from"), last=query.get("to"))
        return Response(
            {
                "units": query["units"],
                "province": query.get("province"),
                "results": DaySerializer(days, many=True).data,
            }
        )

    def _province(self, query: dict[str, Any]) -> AdministrativeUnit | None:
        code = query.get("province")
        if code is None:
            return None
        unit = selectors.province_by_code(code=code, units=query["units"])
        if unit is None:
            raise ProvinceUnknown(code=code, field="province")
        return unit
