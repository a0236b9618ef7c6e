"""What the desk, publishing and loading do, the application's role may do."""

import os
import re
import subprocess
import sys

from django.conf import settings

from prove import RUN_LONG_PROOFS

SHORT = ["test_publish.py", "test_desk_publishing.py"]
ALL = [*SHORT, "test_desk_forms.py", "test_desk_pages.py", "test_desk_import.py", "test_dataset.py"]
ALL += ["test_desk_sources.py", "test_desk_citations.py", "test_desk_roles.py", "test_evidence.py"]
ALL += ["test_desk_reference.py", "test_desk_withdrawing.py", "test_history.py", "test_seed.py"]


def test_the_tests_of_writing_pass_under_it(tmp_path, figure):
    files = [f"tests/{name}" for name in (ALL if RUN_LONG_PROOFS else SHORT)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "prove.as_application", *NOT_NEEDED, *files],
        cwd=settings.BASE_DIR,
        env=os.environ | elsewhere(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    (passed,) = re.findall(r"(\d+) passed", done.stdout)
    assert int(passed) > (300 if RUN_LONG_PROOFS else 20)
    figure(f"{passed} tests of writing pass under the application's role.")


NOT_NEEDED = ["-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest"]


def elsewhere(folder):
    """Another database for tests than the one that this test's own session holds."""
    if settings.DATABASES["default"].get("EMBEDDED"):
        return {"DATA_DIR": str(folder)}
    return {"DATABASE_URL": f"{os.environ['DATABASE_URL']}_as_application"}
