from django.db import migrations, models

ROLES = [
    ("student", "Student"),
    ("instructor", "Instructor"),
    ("assistant", "Teaching assistant"),
    ("admin", "Admin"),
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_sessions_ended")]

    operations = [
        migrations.AlterField(
            model_name=model,
            name="role",
            field=models.CharField(choices=ROLES, default="student", max_length=16),
        )
        for model in ("invitation", "user")
    ]
