"""Django REST Framework: models, model serializers, generic views."""

from __future__ import annotations

from typing import Any, ClassVar

import django
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

from tests.bench.rivals.rows import CONNECTION, new_id

_place = conninfo_to_dict(CONNECTION)
settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _place["dbname"],
            "HOST": _place["host"],
            "USER": _place["user"],
            "CONN_MAX_AGE": None,  # a connection is kept open
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
        "PAGE_SIZE": 100,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - models need the settings
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import generics, pagination, serializers  # noqa: E402


class Organisation(models.Model):  # noqa: DJ008
    id = models.UUIDField(primary_key=True)
    code = models.CharField(max_length=64)

    class Meta:
        app_label, db_table, managed = "bench", "organisation", False


class Programme(models.Model):  # noqa: DJ008
    id = models.UUIDField(primary_key=True)
    code = models.CharField(max_length=64)
    organisation = models.ForeignKey(Organisation, models.PROTECT)

    class Meta:
        app_label, db_table, managed = "bench", "programme", False


class Recorded(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    created_revision = models.BigIntegerField(default=1)
    created_row = models.IntegerField(default=1)
    revision = models.BigIntegerField(default=1)
    version = models.IntegerField(default=1)

    class Meta:
        abstract = True


class EnrolmentRow(Recorded):
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="+")
    trainee_id = models.UUIDField(default=new_id)
    external_id = models.CharField(max_length=100, null=True)  # noqa: DJ001
    enrolled_on = models.DateField()
    status = models.CharField(max_length=20)
    status_on = models.DateField()
    employed_on = models.DateField(null=True)
    employer_district_code = models.CharField(max_length=64, null=True)  # noqa: DJ001
    employment_deadline = models.DateField()
    voided = models.BooleanField(default=False)
    void_reason = models.CharField(max_length=500, null=True)  # noqa: DJ001

    class Meta:
        abstract = True


class Enrolment(EnrolmentRow):  # noqa: DJ008
    class Meta:
        app_label, db_table, managed = "bench", "enrolment", False


class NewEnrolment(EnrolmentRow):  # noqa: DJ008
    class Meta:
        app_label, db_table, managed = "bench", "bench_enrolment", False


class Investment(models.Model):  # noqa: DJ008
    id = models.UUIDField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT)

    class Meta:
        app_label, db_table, managed = "bench", "investment", False


class NewTransaction(Recorded):  # noqa: DJ008
    investment = models.ForeignKey(Investment, models.PROTECT)
    kind = models.CharField(max_length=20)
    sign = models.SmallIntegerField(default=1)
    effective_on = models.DateField()
    amount_krw = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="KRW")
    opening = models.BooleanField(default=False)

    class Meta:
        app_label, db_table, managed = "bench", "bench_transaction", False


STATUSES = ("enrolled", "completed", "early_employed", "not_completed", "withdrawn")
KINDS = ("contract", "cancellation", "disbursement", "refund")


class EnrolledTrainee(serializers.Serializer):
    id = serializers.UUIDField(source="trainee_id")


class Outcome(serializers.Serializer):
    employed_on = serializers.DateField()
    employer_district_code = serializers.CharField()


class EnrolmentSerializer(serializers.ModelSerializer):
    organisation = serializers.CharField(source="programme.organisation.code")
    programme_code = serializers.CharField(source="programme.code")
    trainee = EnrolledTrainee(source="*")
    outcome = Outcome(source="*")
    void = serializers.BooleanField(source="voided")

    class Meta:
        model = Enrolment
        fields: ClassVar[list[str]] = [
            "id", "organisation", "external_id", "programme_code", "trainee", "enrolled_on",
            "status", "status_on", "outcome", "void", "void_reason", "version",
        ]  # fmt: skip


class TraineeSaid(serializers.Serializer):
    name = serializers.CharField(max_length=100)
    birth_date = serializers.DateField()
    mobile = serializers.RegexField(r"^010\d{8}$", required=False)


class EnrolmentCreate(serializers.ModelSerializer):
    programme_code = serializers.SlugRelatedField(
        "code", source="programme", queryset=Programme.objects.all()
    )
    status = serializers.ChoiceField(STATUSES)
    trainee = TraineeSaid(write_only=True)

    class Meta:
        model = NewEnrolment
        fields: ClassVar[list[str]] = [
            "id", "programme_code", "enrolled_on", "status", "status_on", "trainee",
        ]  # fmt: skip

    def create(self, values: dict[str, Any]) -> NewEnrolment:
        del values["trainee"]
        return NewEnrolment.objects.create(
            organisation_id=values["programme"].organisation_id,
            employment_deadline=values["status_on"],
            **values,
        )


class TransactionCreate(serializers.ModelSerializer):
    kind = serializers.ChoiceField(KINDS)

    class Meta:
        model = NewTransaction
        fields: ClassVar[list[str]] = ["id", "kind", "effective_on", "amount_krw"]


class ById(pagination.CursorPagination):
    ordering, page_size = "id", 100


class Enrolments(generics.ListCreateAPIView):
    queryset = Enrolment.objects.select_related("programme__organisation")
    pagination_class = ById

    def get_serializer_class(self) -> type[serializers.ModelSerializer]:
        return EnrolmentSerializer if self.request.method == "GET" else EnrolmentCreate


class OneEnrolment(generics.RetrieveAPIView):
    queryset = Enrolment.objects.select_related("programme__organisation")
    serializer_class = EnrolmentSerializer


class Transactions(generics.CreateAPIView):
    serializer_class = TransactionCreate

    def perform_create(self, serializer: TransactionCreate) -> None:
        investment = generics.get_object_or_404(Investment, pk=self.kwargs["pk"])
        serializer.save(investment=investment, organisation_id=investment.organisation_id)


urlpatterns = [
    path("enrolments", Enrolments.as_view()),
    path("enrolments/<uuid:pk>", OneEnrolment.as_view()),
    path("investments/<uuid:pk>/transactions", Transactions.as_view()),
]
app = get_wsgi_application()
