"""The packages of the wheel; everything else is in pyproject.toml.

The migrations live at the top level, where Alembic users look for them, and travel as
`registry.migrations`, so that an installed wheel can upgrade its database.
"""

from setuptools import find_namespace_packages, find_packages, setup

setup(
    packages=[
        *find_packages(include=["registry", "registry.*"]),
        *(
            f"registry.{name}"
            for name in find_namespace_packages(include=["migrations", "migrations.versions"])
        ),
    ],
    package_dir={"registry.migrations": "migrations"},
)
