from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_teaching_assistant")]

    operations = [
        migrations.CreateModel(
            name="BounceMailbox",
            fields=[
                ("address", models.CharField(max_length=400, primary_key=True, serialize=False)),
                ("uid_validity", models.PositiveBigIntegerField(default=0)),
                ("uid_next", models.PositiveBigIntegerField(default=0)),
                ("read_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, default="", max_length=300)),
                ("problem_since", models.DateTimeField(null=True)),
            ],
        ),
    ]
