from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    """Trigram indexes: people and places are searched by a part of their name."""

    initial = True
    dependencies = []
    operations = [TrigramExtension()]
