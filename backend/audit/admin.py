"""The audit trail in the admin: to read, search and filter; nothing to change."""

from __future__ import annotations

from django.contrib import admin

from backend.audit.models import Record
from backend.platform.admin_site import ReadOnlyAdmin, site


@admin.register(Record, site=site)
class RecordAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "target_type", "target_id", "ip")
    list_filter = ("action", "target_type")
    search_fields = ("actor", "target_id", "request_id")
    date_hierarchy = "at"
    list_per_page = 50
    show_full_result_count = False
