"""The kinds are asked of the code; the table stays as it is."""

from __future__ import annotations

from django.db import migrations, models

import backend.workspaces.models


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="workspace",
            name="kind",
            field=models.CharField(choices=backend.workspaces.models.kind_choices, max_length=16),
        ),
    ]
