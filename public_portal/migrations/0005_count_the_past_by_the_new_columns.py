from django.db import migrations

# Every day that has figures is marked; the refreshes that follow fill the new columns and tables.
MARK_ALL = """
    INSERT INTO public_portal_dirtyday (province_id, site_id, day)
    SELECT DISTINCT province_id, site_id, day FROM public_portal_siteday
"""


class Migration(migrations.Migration):
    dependencies = [
        ("public_portal", "0004_who_was_vaccinated_and_where_they_live"),
    ]

    operations = [
        migrations.RunSQL(MARK_ALL, migrations.RunSQL.noop),
    ]
