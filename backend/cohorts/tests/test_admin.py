from __future__ import annotations

from backend.audit.models import Record
from backend.cohorts.models import Cohort, OutboxEntry


def test_an_admin_makes_and_changes_a_cohort_in_the_administration(signed_in, person):
    one, instructor = signed_in("admin"), person("instructor")
    page = "/api/admin/cohorts/cohort/"
    form = {
        "name": "Berlin-3",
        "track": "FSD",
        "time_zone": "Europe/Berlin",
        "active": "on",
        "instructors": str(instructor.pk),
    }
    assert one.get(f"{page}add/").status_code == 200
    assert one.post(f"{page}add/", data=form).status_code == 302
    cohort = Cohort.objects.get()
    assert list(cohort.instructors.all()) == [instructor]
    assert one.get(f"{page}{cohort.pk}/change/").status_code == 200
    wrong = one.post(f"{page}{cohort.pk}/change/", data={**form, "time_zone": "Mars/Base"})
    assert "this is no time zone" in wrong.text
    assert one.post(f"{page}{cohort.pk}/change/", data={**form, "name": "Berlin-4"}).status_code == 302
    assert Cohort.objects.get().name == "Berlin-4"
    assert "Berlin-4" in one.get(page).text
    recorded = Record.objects.filter(target_type="cohort").order_by("id").values_list("action", "actor")
    assert list(recorded) == [("cohort.create", one.user.email), ("cohort.change", one.user.email)]
    assert OutboxEntry.objects.filter(cohort_id=cohort.pk).exists()
